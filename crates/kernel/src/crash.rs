//! Named places at which a test lets the process die, as a power cut would: nothing is tidied up, nobody is told.
//!
//! They exist in builds with debug assertions only; in a release build [`point`] is nothing.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

/// Every place there is; a test dies at each.
pub const POINTS: [&str; 12] = [
    "order.after_gate",
    "order.after_reserve",
    "order.after_write",
    "payment.before_intent",
    "payment.after_intent",
    "answer.before_keep",
    "bus.after_relay",
    "bus.before_job_commit",
    "inbox.after_store",
    "payment.before_apply_commit",
    "inventory.before_settle",
    "inventory.after_settle",
];

struct Armed {
    name: String,
    /// How often it is still passed.
    left: AtomicU32,
}

static ARMED: OnceLock<Armed> = OnceLock::new();

/// Has the process die when it comes to `name` for the `nth` time: `name` or `name:nth`. False for a place that does not
/// exist.
pub fn arm(at: &str) -> bool {
    let (name, nth) = at.split_once(':').unwrap_or((at, "1"));
    let Some(nth) = nth.parse::<u32>().ok().filter(|nth| *nth > 0) else { return false };
    POINTS.contains(&name) && ARMED.set(Armed { name: name.to_owned(), left: AtomicU32::new(nth) }).is_ok()
}

/// A place to die at.
#[inline]
pub fn point(name: &'static str) {
    debug_assert!(POINTS.contains(&name), "{name} is no place that tests know");
    if cfg!(debug_assertions)
        && let Some(armed) = ARMED.get()
        && armed.name == name
        && armed.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_that_exist_can_be_armed() {
        for wrong in
            ["order.after_gat", "order.after_gate:0", "order.after_gate:x", "order.after_gate:-1", ""]
        {
            assert!(!arm(wrong), "{wrong}");
        }
        // Armed for a later time than this test comes by.
        assert!(arm("order.after_gate:1000000"));
        point("order.after_gate");
        point("order.after_write");
        assert!(!arm("order.after_write"), "once");
    }
}

//! What goes wrong between the shop and Stripe, on command.

use serde::{Deserialize, Serialize};

/// Happens to calls of `method` (any when not given) whose path begins with `path`, `times` times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub path: String,
    #[serde(flatten)]
    pub what: Trouble,
    #[serde(default = "for_ever")]
    pub times: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Trouble {
    /// Nothing is done; this status is answered.
    Status { status: u16 },
    /// The work is done, its answer comes so much later.
    Delay { ms: u64 },
    /// The work is done, the connection ends without its answer.
    Lost,
    /// The work is done, and answered with something that is no JSON.
    Confused,
}

fn for_ever() -> u32 {
    u32::MAX
}

#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn set(&mut self, faults: Vec<Fault>) {
        self.0 = faults;
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.0
    }

    /// What happens to this call; the first that fits counts.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Option<Trouble> {
        let fits = |fault: &&mut Fault| {
            fault.times > 0
                && fault.method.as_deref().is_none_or(|wanted| wanted == method)
                && path.starts_with(&fault.path)
        };
        let fault = self.0.iter_mut().find(fits)?;
        fault.times = fault.times.saturating_sub(1);
        Some(fault.what.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_where_it_fits_and_so_often() {
        let text = r#"{"method":"POST","path":"/v1/refunds","what":"status","status":500,"times":2}"#;
        let mut faults = Faults::default();
        faults.set(vec![serde_json::from_str(text).unwrap()]);
        let trouble = Some(Trouble::Status { status: 500 });
        assert_eq!(faults.strike("GET", "/v1/refunds"), None);
        assert_eq!(faults.strike("POST", "/v1/payment_intents"), None);
        assert_eq!(faults.strike("POST", "/v1/refunds"), trouble);
        assert_eq!(faults.strike("POST", "/v1/refunds"), trouble);
        assert_eq!(faults.strike("POST", "/v1/refunds"), None);
    }
}

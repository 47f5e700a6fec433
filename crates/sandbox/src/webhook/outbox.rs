//! The deliveries: which event goes to the endpoint, how often it was tried, when it is due again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rand::Rng as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::shelf::{Shelf, Shelved};
use crate::world;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A delivery that fails for so long is given up.
const PATIENCE: Duration = Duration::from_mins(10);

/// Where webhooks go; `paused` ones wait and go when resumed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Target {
    /// `null` or absent: nothing is sent any more.
    pub(crate) url: Option<String>,
    /// The kinds of events that are sent there; all of them when there is none.
    pub(crate) enabled_events: Vec<String>,
    pub(crate) paused: bool,
    /// How much goes wrong on the way.
    pub(crate) trouble: WebhookTrouble,
}

/// What Stripe does not promise about webhooks, on command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookTrouble {
    /// Each is sent once more so often.
    pub copies: u32,
    /// Each is sent so much later.
    pub delay_ms: u64,
    /// And up to so much later than that, each by another time: they come in any order.
    pub spread_ms: u64,
    /// None is sent at all.
    pub lost: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Progress {
    Pending,
    Delivered,
    GivenUp,
}

#[derive(Debug, Serialize, Deserialize)]
struct Delivery {
    id: String,
    event: String,
    created: u64,
    progress: Progress,
    attempts: u32,
    last_status: Option<u16>,
    last_error: Option<String>,
    /// Forgotten by a restart on purpose: a receiver that was off over night gets its ten minutes again.
    #[serde(skip)]
    first_attempt: Option<Instant>,
}

/// One attempt to be made now.
pub(crate) struct Parcel {
    pub(crate) delivery: String,
    pub(crate) event: String,
    pub(crate) url: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outbox {
    target: Target,
    deliveries: Shelf<Delivery>,
    /// What is pending and not under way, by the time at which it is due.
    #[serde(skip)]
    waiting: BTreeSet<(Instant, String)>,
}

impl Outbox {
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Everything undelivered becomes due at once: the new receiver has not refused anything yet.
    pub(crate) fn set_target(&mut self, target: Target) {
        self.target = target;
        self.waiting = std::mem::take(&mut self.waiting)
            .into_iter()
            .map(|(_, delivery)| (Instant::now(), delivery))
            .collect();
        for (_, id) in &self.waiting {
            if let Some(delivery) = self.deliveries.get_mut(id) {
                delivery.first_attempt = None;
            }
        }
    }

    /// What a stand-in before this one left undelivered goes on now.
    pub(crate) fn resume(&mut self) {
        let pending =
            self.deliveries.oldest_first().filter(|delivery| delivery.progress == Progress::Pending);
        self.waiting = pending.map(|delivery| (Instant::now(), delivery.id.clone())).collect();
    }

    /// Sends an event, if its target wants this kind, as the target's trouble has it.
    pub(crate) fn tell(&mut self, kind: &str, event: &str) {
        let wanted = &self.target.enabled_events;
        if !wanted.is_empty() && !wanted.iter().any(|one| one == kind) {
            return;
        }
        let WebhookTrouble { copies, delay_ms, spread_ms, lost } = self.target.trouble;
        if lost {
            return;
        }
        for _ in 0..=copies {
            let late = delay_ms + if spread_ms > 0 { rand::rng().random_range(0..=spread_ms) } else { 0 };
            self.enqueue_in(event, Duration::from_millis(late));
        }
    }

    pub(crate) fn enqueue(&mut self, event: &str) -> Value {
        self.enqueue_in(event, Duration::ZERO)
    }

    fn enqueue_in(&mut self, event: &str, late: Duration) -> Value {
        let delivery = Delivery {
            id: world::id("whd_", 24),
            event: event.to_owned(),
            created: world::now(),
            progress: Progress::Pending,
            attempts: 0,
            last_status: None,
            last_error: None,
            first_attempt: None,
        };
        let wire = delivery.wire();
        self.waiting.insert((Instant::now() + late, delivery.id.clone()));
        if self.waiting.len() > Delivery::CAPACITY {
            self.waiting.pop_first();
        }
        self.deliveries.add(delivery);
        wire
    }

    /// Up to `room` attempts that are due; each must be reported by [`Self::finish`].
    pub(crate) fn take_due(&mut self, room: usize) -> Vec<Parcel> {
        let Target { url: Some(url), paused: false, .. } = self.target.clone() else { return Vec::new() };
        let mut parcels = Vec::new();
        while parcels.len() < room && self.waiting.first().is_some_and(|(due, _)| *due <= Instant::now()) {
            let Some((_, id)) = self.waiting.pop_first() else { break };
            let Some(delivery) = self.deliveries.get_mut(&id) else { continue };
            delivery.attempts += 1;
            delivery.first_attempt.get_or_insert_with(Instant::now);
            parcels.push(Parcel { delivery: id, event: delivery.event.clone(), url: url.clone() });
        }
        parcels
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        let open = self.target.url.is_some() && !self.target.paused;
        self.waiting.first().map(|(due, _)| *due).filter(|_| open)
    }

    /// `Ok` is the status that was answered, `Err` why there was none.
    pub(crate) fn finish(&mut self, id: &str, outcome: Result<u16, String>) {
        let Some(delivery) = self.deliveries.get_mut(id) else { return };
        delivery.last_status = outcome.as_ref().ok().copied();
        delivery.last_error = outcome.as_ref().err().cloned();
        if outcome.is_ok_and(|status| (200..300).contains(&status)) {
            delivery.progress = Progress::Delivered;
        } else if delivery.first_attempt.is_some_and(|first| first.elapsed() > PATIENCE) {
            delivery.progress = Progress::GivenUp;
        } else {
            let due = Instant::now() + pause_after(delivery.attempts);
            self.waiting.insert((due, id.to_owned()));
        }
    }

    pub(crate) fn wire(&self) -> Value {
        let deliveries: Vec<Value> = self.deliveries.newest_first().map(Delivery::wire).collect();
        json!({ "url": self.target.url, "paused": self.target.paused, "trouble": self.target.trouble, "deliveries": deliveries })
    }
}

fn pause_after(attempts: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
    FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}

impl Delivery {
    fn wire(&self) -> Value {
        json!({
            "id": self.id,
            "event": self.event,
            "created": self.created,
            "progress": self.progress,
            "attempts": self.attempts,
            "last_status": self.last_status,
            "last_error": self.last_error,
        })
    }
}

impl Shelved for Delivery {
    const CAPACITY: usize = 20_000;

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> u64 {
        self.created
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pause_after;

    #[test]
    fn pauses_double_up_to_five_seconds() {
        let pauses: Vec<_> = [1, 2, 3, 5, 6, 100].map(pause_after).map(|pause| pause.as_millis()).into();
        assert_eq!(pauses, [200, 400, 800, 3200, 5000, 5000]);
        assert_eq!(pause_after(0), Duration::from_millis(200));
    }
}

//! Who listens to what, and what comes round: one table.

use std::sync::Arc;

use bus::{Runner, Schedules, Subscriptions};
use chrono::TimeDelta;
use contracts::{
    identity::CodeRequested,
    order::{OrderPaid, OrderPlaced},
    payment::{PaymentFailed, PaymentMismatched, PaymentSucceeded},
};
use db::Db;
use inventory::{
    events::{CommitStock, HoldForOrder},
    jobs::GiveBackOrphans,
};
use kernel::Clock;
use notification::events::SendCode;
use order::events::{MarkPaid, MarkPaymentFailed, PutInReview};
use payment::{WorkEvent, events::StartOrderPayment};
use shopping::events::EmptyCart;

use crate::{modules::Modules, worker::Sweep};

/// Event → the jobs it becomes.
pub fn subscriptions() -> Subscriptions {
    Subscriptions::default()
        .on::<CodeRequested, SendCode>()
        .on::<OrderPlaced, HoldForOrder>()
        .on::<OrderPlaced, StartOrderPayment>()
        .on::<OrderPaid, CommitStock>()
        .on::<OrderPaid, EmptyCart>()
        .on::<PaymentSucceeded, MarkPaid>()
        .on::<PaymentFailed, MarkPaymentFailed>()
        .on::<PaymentMismatched, PutInReview>()
}

/// What comes round by itself.
pub fn schedules() -> Schedules {
    Schedules::default()
        .every::<GiveBackOrphans>(TimeDelta::seconds(10))
        .every::<Sweep>(TimeDelta::hours(1))
        .every::<media::Sweep>(TimeDelta::minutes(10))
        .every::<identity::jobs::Sweep>(TimeDelta::days(1))
}

/// Every job with what runs it.
pub fn runner(modules: &Modules, db: &Db, clock: Arc<dyn Clock>) -> Runner {
    Runner::new(db.clone(), clock)
        .handle(HoldForOrder)
        .handle(CommitStock)
        .handle(EmptyCart)
        .handle(MarkPaid)
        .handle(MarkPaymentFailed)
        .handle(PutInReview)
        .handle(Sweep)
        .handle(identity::jobs::Sweep)
        .effect(modules.send_code.clone())
        .effect(media::Sweep(modules.media.clone()))
        .effect(StartOrderPayment(modules.payments.clone()))
        .effect(WorkEvent(modules.payments.clone()))
        .effect(GiveBackOrphans {
            stock: modules.stock.clone(),
            orders: modules.orders_for_inventory.clone(),
        })
}

#[cfg(test)]
mod tests {
    use super::subscriptions;

    #[test]
    fn no_event_has_the_same_subscriber_twice() {
        let subscriptions = subscriptions();
        let mut pairs: Vec<_> = subscriptions.pairs().collect();
        let count = pairs.len();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), count);
    }
}

//! Who listens to what, and what comes round: one table.

use std::sync::Arc;

use bus::{Runner, Schedules, Subscriptions};
use catalog::{
    events::{CountSales, MarkAvailability},
    jobs::AddUpSales,
};
use chrono::TimeDelta;
use contracts::{
    identity::CodeRequested,
    inventory::{AvailabilityTurned, StockLow},
    order::{OrderEnded, OrderPaid, OrderPlaced, PaymentMethod, RefundDue},
    payment::{
        PaymentDisputed, PaymentFailed, PaymentMismatched, PaymentProgressed, PaymentRefunded,
        PaymentSucceeded, RefundFailed,
    },
    user::UserAnonymised,
};
use db::Db;
use identity::events::ForgetUser;
use inventory::{
    events::{CommitOnAccount, CommitStock, ReleaseStock, WarnOfLowStock},
    jobs::GiveBackOrphans,
};
use kernel::Clock;
use notification::events::SendCode;
use order::{
    events::{
        HoldDisputed, MarkPaid, MarkPaymentFailed, MarkRefunded, NoteFailedRefund, NoteProgress, PutInReview,
        TakeLateMoney,
    },
    jobs::{ExpireOrders, TellOverdue},
};
use payment::{
    FinishAttempt, ForgetCards, ReconcileOpen, ReconcilePage, ReconcileRecent, RefundOrder, SendRefund,
    StopOthers, SweepInbox, WorkEvent,
    events::{StartOrderPayment, StopPayments},
};
use serde_json::{Value, json};
use shopping::{
    events::{DeleteCart, EmptyCart},
    jobs::{DeleteExpiredGuests, TellOfAbandonedCarts},
};
use user::jobs::{AnonymiseDue, EndSessions};

use crate::{books::CheckBooks, modules::Modules, worker::Sweep};

/// Event → the jobs it becomes.
pub fn subscriptions() -> Subscriptions {
    Subscriptions::default()
        .on::<CodeRequested, SendCode>()
        .on_after::<OrderPlaced, StartOrderPayment>(payment::LOOK_AFTER)
        .on_those::<OrderPlaced, CommitOnAccount>(on_account())
        .on::<AvailabilityTurned, MarkAvailability>()
        .on::<StockLow, WarnOfLowStock>()
        .on::<OrderPaid, CommitStock>()
        .on::<OrderPaid, CountSales>()
        .on::<OrderPaid, EmptyCart>()
        .on::<OrderEnded, ReleaseStock>()
        .on::<OrderEnded, StopPayments>()
        .on::<RefundDue, RefundOrder>()
        .on::<PaymentSucceeded, MarkPaid>()
        .on::<PaymentFailed, MarkPaymentFailed>()
        .on::<PaymentProgressed, NoteProgress>()
        .on::<PaymentMismatched, PutInReview>()
        .on::<PaymentRefunded, MarkRefunded>()
        .on::<RefundFailed, NoteFailedRefund>()
        .on::<PaymentDisputed, HoldDisputed>()
        .on::<UserAnonymised, ForgetUser>()
        .on::<UserAnonymised, ForgetCards>()
        .on::<UserAnonymised, DeleteCart>()
}

/// What an order on account holds.
fn on_account() -> Value {
    json!({ "method": PaymentMethod::BankTransfer })
}

/// What comes round by itself; `reconcile` is how often the payment provider is asked about what is open.
pub fn schedules(reconcile: TimeDelta) -> Schedules {
    Schedules::default()
        .every::<GiveBackOrphans>(TimeDelta::seconds(10))
        .every::<ExpireOrders>(TimeDelta::seconds(10))
        .every::<TellOverdue>(TimeDelta::minutes(10))
        .every::<CheckBooks>(TimeDelta::minutes(10))
        .every::<AddUpSales>(TimeDelta::minutes(10))
        .every::<DeleteExpiredGuests>(TimeDelta::minutes(10))
        .every::<TellOfAbandonedCarts>(TimeDelta::minutes(5))
        .every::<AnonymiseDue>(TimeDelta::minutes(10))
        .every::<Sweep>(TimeDelta::hours(1))
        .every::<ReconcileOpen>(reconcile)
        .every::<ReconcileRecent>(TimeDelta::days(1))
        .every::<SweepInbox>(TimeDelta::days(1))
        .every::<media::Sweep>(TimeDelta::minutes(10))
        .every::<identity::jobs::Sweep>(TimeDelta::days(1))
}

/// Every job with what runs it.
pub fn runner(modules: &Modules, db: &Db, clock: Arc<dyn Clock>) -> Runner {
    Runner::new(db.clone(), clock)
        .handle(AddUpSales)
        .handle(CommitOnAccount)
        .handle(CommitStock)
        .handle(TellOverdue)
        .handle(CountSales)
        .handle(EmptyCart)
        .handle(MarkAvailability)
        .handle(MarkPaid)
        .handle(MarkPaymentFailed)
        .handle(MarkRefunded)
        .handle(NoteFailedRefund)
        .handle(NoteProgress)
        .handle(HoldDisputed)
        .handle(RefundOrder)
        .handle(PutInReview)
        .handle(ReleaseStock)
        .handle(WarnOfLowStock)
        .handle(AnonymiseDue)
        .handle(DeleteCart)
        .handle(DeleteExpiredGuests)
        .handle(TellOfAbandonedCarts)
        .handle(identity::jobs::Sweep)
        .effect(modules.send_code.clone())
        .effect(media::Sweep(modules.media.clone()))
        .effect(StartOrderPayment(modules.payments.clone()))
        .effect(EndSessions(modules.users.clone()))
        .effect(ForgetUser(modules.sessions.clone()))
        .effect(WorkEvent(modules.payments.clone()))
        .effect(FinishAttempt(modules.payments.clone()))
        .effect(StopOthers(modules.payments.clone()))
        .effect(StopPayments(modules.payments.clone()))
        .effect(SendRefund(modules.payments.clone()))
        .effect(ReconcileOpen(modules.payments.clone()))
        .effect(ReconcileRecent(modules.payments.clone()))
        .effect(ReconcilePage(modules.payments.clone()))
        .effect(ForgetCards(modules.cards.clone()))
        .effect(TakeLateMoney(modules.orders.clone()))
        .effect(SweepInbox(modules.payments.clone()))
        .effect(Sweep(db.clone()))
        .effect(ExpireOrders(modules.orders.clone()))
        .effect(CheckBooks(modules.integrity.clone()))
        .effect(GiveBackOrphans {
            stock: modules.stock.clone(),
            orders: modules.orders_for_inventory.clone(),
        })
}

#[cfg(test)]
mod tests {
    use contracts::order::{OrderPlaced, PaymentMethod};
    use kernel::{
        Money,
        id::{OrderId, UserId},
    };

    use super::{on_account, subscriptions};

    /// Were the event's field named otherwise, no stock of such orders would ever leave the books.
    #[test]
    fn an_order_on_account_is_known_by_its_event() {
        let holds = |method| {
            let now = chrono::DateTime::UNIX_EPOCH;
            let placed = OrderPlaced {
                order_id: OrderId::generate(now),
                user_id: UserId::generate(now),
                total: Money::grosz(20_000),
                method,
                hold_until: now,
            };
            let event = serde_json::to_value(placed).unwrap();
            on_account().as_object().unwrap().iter().all(|(field, value)| event[field] == *value)
        };
        assert!(holds(PaymentMethod::BankTransfer));
        assert!(!holds(PaymentMethod::Card));
    }

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

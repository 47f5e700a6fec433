//! What becomes of money that came.

use inventory::ReservationState;
use order::{OrderStatus, Transition};

use super::{Happening, MINUTE, Mistake, SECOND, World};

impl World {
    pub(super) fn mark_paid(&mut self, order: usize) {
        if self.moves(order, Transition::Pay) {
            self.tell(format_args!("order {order}: paid"));
            self.job(Happening::CommitStock { order });
            return;
        }
        match self.orders[order].status {
            Some(OrderStatus::Expired) => self.job(Happening::TakeLateMoney { order }),
            Some(OrderStatus::Cancelled) if self.mistake != Mistake::KeepTheMoney => {
                self.job(Happening::Refund { order });
            }
            _ => {}
        }
    }

    /// Its units are taken, then the order is taken up again; or its money goes back. The process may die after each step,
    /// and the job may run again.
    pub(super) fn take_late_money(&mut self, order: usize) {
        if self.orders[order].status != Some(OrderStatus::Expired) {
            return;
        }
        let refused = self.orders[order].refused && self.mistake != Mistake::ForgetRefusals;
        if !refused && self.reserve(order) {
            self.settle(order, ReservationState::Committed);
            if self.chance.percent(20) {
                self.tell(format_args!("order {order}: the process dies"));
                self.later((SECOND, MINUTE), Happening::TakeLateMoney { order });
                return;
            }
            self.moves(order, Transition::Revive);
            self.tell(format_args!("order {order}: taken up again"));
            self.job(Happening::CommitStock { order });
            return;
        }
        if !refused {
            self.orders[order].refused = true;
            self.tell(format_args!("order {order}: late money goes back"));
            self.job(Happening::Refund { order });
            if self.chance.percent(50) {
                self.later((SECOND, 10 * MINUTE), Happening::TakeLateMoney { order });
                return;
            }
        }
        self.settle(order, ReservationState::Released);
        self.settle(order, ReservationState::Returned);
    }

    /// All that is left of what was paid.
    pub(super) fn refund(&mut self, order: usize) {
        if self.orders[order].refunds == 0 {
            self.orders[order].refunds = 1;
            self.tell(format_args!("order {order}: refunded"));
        }
    }
}

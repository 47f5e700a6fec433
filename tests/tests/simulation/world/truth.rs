//! What must hold, always and at the end.

use inventory::ReservationState;
use order::OrderStatus;

use super::{Intent, Order, SECOND, World};

impl World {
    pub(super) fn holds_always(&self) -> Result<(), String> {
        for (product, (on_hand, reserved)) in self.stock.iter().enumerate() {
            if *reserved < 0 || *reserved > *on_hand {
                return Err(format!("product {product}: {reserved} of {on_hand} are put aside"));
            }
            let held: i64 = self.of(product, ReservationState::Held);
            if held != *reserved {
                return Err(format!("product {product}: {reserved} are put aside, reservations hold {held}"));
            }
            let sold: i64 = self.of(product, ReservationState::Committed);
            if *on_hand + sold != self.received[product] {
                return Err(format!(
                    "product {product}: {on_hand} and {sold} are not {}",
                    self.received[product]
                ));
            }
        }
        for (order, state) in self.orders.iter().enumerate() {
            if state.told_paid > 1 {
                return Err(format!("order {order}: told {} times that it is paid", state.told_paid));
            }
            if state.status == Some(OrderStatus::Paid) && state.intent != Some(Intent::Succeeded) {
                return Err(format!("order {order}: paid without money"));
            }
            if let Some(reservation) = state.reservation
                && reservation.state == ReservationState::Held
                && state.status.is_none()
                && self.now > reservation.expires + 15 * SECOND
            {
                return Err(format!("order {order}: never came, and holds units for more than a minute"));
            }
        }
        Ok(())
    }

    pub(super) fn holds_at_the_end(&self) -> Result<(), String> {
        for (order, state) in self.orders.iter().enumerate() {
            let reservation = state.reservation.map(|r| r.state);
            let fits = match state.status {
                Some(OrderStatus::Paid) => {
                    reservation == Some(ReservationState::Committed) && state.refunds == 0
                }
                Some(OrderStatus::Expired | OrderStatus::Cancelled) => {
                    // Nobody can pay it any more, or whoever did has the money again.
                    let closed = matches!(state.intent, None | Some(Intent::Canceled));
                    let paid = state.intent == Some(Intent::Succeeded);
                    let free = [ReservationState::Released, ReservationState::Returned];
                    reservation.is_some_and(|state| free.contains(&state))
                        && (closed || paid || state.gave_up_on_the_bank)
                        && paid == (state.refunds == 1)
                }
                Some(status) => return Err(format!("order {order} is still {}", status.as_str())),
                None => !matches!(reservation, Some(ReservationState::Held | ReservationState::Committed)),
            };
            if !fits {
                return Err(format!(
                    "order {order}: {:?}, {reservation:?}, {:?}",
                    state.status, state.intent
                ));
            }
        }
        Ok(())
    }

    fn of(&self, product: usize, wanted: ReservationState) -> i64 {
        let of =
            |order: &&Order| order.product == product && order.reservation.is_some_and(|r| r.state == wanted);
        self.orders.iter().filter(of).map(|order| order.units).sum()
    }
}

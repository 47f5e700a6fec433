//! What comes round by itself: guests who do not come back, carts that are left alone.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use chrono::TimeDelta;
use contracts::{order::OrderedLine, shopping::CartAbandoned};
use db::Tx;
use kernel::Money;

use crate::{CartError, cart::store as carts, guest::store as guests};

/// Guests whose time is over go, with what they had.
#[derive(Debug, Clone, Copy)]
pub struct DeleteExpiredGuests;

impl Job for DeleteExpiredGuests {
    const NAME: &'static str = "shopping.delete_expired_guests";
    type Payload = ();
}

#[async_trait]
impl Handler for DeleteExpiredGuests {
    async fn run(&self, tx: &mut Tx, context: JobContext, (): ()) -> Result<(), JobError> {
        guests::delete_expired(tx, context.now).await?;
        Ok(())
    }
}

/// Tells once of every cart that nobody has changed for a day and that has something in it.
#[derive(Debug, Clone, Copy)]
pub struct TellOfAbandonedCarts;

impl TellOfAbandonedCarts {
    const ALONE: TimeDelta = TimeDelta::hours(24);
}

impl Job for TellOfAbandonedCarts {
    const NAME: &'static str = "shopping.tell_of_abandoned_carts";
    type Payload = ();
}

#[async_trait]
impl Handler for TellOfAbandonedCarts {
    async fn run(&self, tx: &mut Tx, context: JobContext, (): ()) -> Result<(), JobError> {
        for cart in carts::mark_left_alone(tx, context.now - Self::ALONE, context.now).await? {
            let lines = carts::list_lines(tx, cart.id).await?;
            if lines.is_empty() {
                continue;
            }
            let value = lines.iter().try_fold(Money::grosz(0), |sum, line| {
                sum.checked_add(line.price_seen.checked_mul(line.quantity.get())?)
            });
            let line = |line: &crate::cart::Line| OrderedLine {
                product_id: line.product,
                quantity: line.quantity.get(),
            };
            let event = CartAbandoned {
                cart_id: cart.id,
                user_id: cart.user_id,
                lines: lines.iter().map(line).collect(),
                value: value.map_err(|e| JobError::of(CartError::from(e)))?,
                changed_at: cart.updated_at,
            };
            bus::publish(tx, &event, context.now).await?;
        }
        Ok(())
    }
}

//! What shopping does when others tell of something.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use contracts::{order::OrderPaid, user::UserAnonymised};
use db::Tx;

use crate::{
    cart::service::{forget, take_out},
    favorite,
};

/// An order is paid: what it bought leaves the cart it was made from.
#[derive(Debug, Clone, Copy)]
pub struct EmptyCart;

impl Job for EmptyCart {
    const NAME: &'static str = "shopping.empty_cart";
    type Payload = OrderPaid;
}

#[async_trait]
impl Handler for EmptyCart {
    /// Not idempotent by itself: it counts on running once, in the transaction that ends its job.
    async fn run(&self, tx: &mut Tx, context: JobContext, paid: OrderPaid) -> Result<(), JobError> {
        take_out(tx, paid.cart_id, &paid.lines, context.now).await?;
        Ok(())
    }
}

/// A customer was forgotten: so are her cart and her favourites.
#[derive(Debug, Clone, Copy)]
pub struct DeleteCart;

impl Job for DeleteCart {
    const NAME: &'static str = "shopping.delete_cart";
    type Payload = UserAnonymised;
}

#[async_trait]
impl Handler for DeleteCart {
    async fn run(&self, tx: &mut Tx, _: JobContext, forgotten: UserAnonymised) -> Result<(), JobError> {
        forget(tx, forgotten.user_id).await?;
        favorite::service::forget(tx, forgotten.user_id).await?;
        Ok(())
    }
}

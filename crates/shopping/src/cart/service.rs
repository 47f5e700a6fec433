//! The use cases of the cart: ask ports, one transaction, rules, store.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contracts::order::OrderedLine;
use db::{Db, QueryError, Transact as _, Tx};
use kernel::{
    Clock,
    id::{CartId, ProductId, UserId},
};
use serde_json::{Value, json};

use super::{
    Cart, CartRules, Line, Quantity, Remainder,
    quote::{Quote, quote},
    store,
};
use crate::{
    CartApi, CartContents, CartError, CartLine,
    ports::{Catalog, View},
};

/// Customers' carts. Clones share everything.
#[derive(Clone)]
pub struct CartService {
    db: Db,
    clock: Arc<dyn Clock>,
    catalog: Arc<dyn Catalog>,
    rules: CartRules,
}

impl CartService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, catalog: Arc<dyn Catalog>, rules: CartRules) -> Self {
        Self { db, clock, catalog, rules }
    }

    /// The customer's cart at today's prices.
    pub(crate) async fn cart(&self, user: UserId, view: View) -> Result<Quote, CartError> {
        let lines = self.find(user).await?.map_or(Vec::new(), |cart| cart.lines);
        let products: Vec<ProductId> = lines.iter().map(|line| line.product).collect();
        let offers = match products.as_slice() {
            [] => [].into(),
            products => self.catalog.products(products, view).await?,
        };
        Ok(quote(&lines, &offers, self.rules, view.user_type)?)
    }

    /// Puts `quantity` of a product into the customer's cart. Returns the whole cart.
    #[tracing::instrument(skip_all, fields(user.id = %user, product.id = %product, quantity = quantity.get()))]
    pub(crate) async fn add(
        &self,
        user: UserId,
        view: View,
        product: ProductId,
        quantity: Quantity,
    ) -> Result<Quote, CartError> {
        let mut offers = self.catalog.products(&[product], view).await?;
        let offer = offers.get(&product).ok_or(CartError::ProductNotFound(product))?;
        let now = self.clock.now();
        let lines = {
            let mut conn = self.db.conn().await?;
            conn.transaction::<_, CartError, _>(async |tx| {
                let mut cart = store::lock_to_change(tx, user, now).await?;
                let line = cart.add(offer, quantity, now)?;
                store::put_line(tx, cart.id, &line).await?;
                Ok(cart.lines)
            })
            .await?
        };
        // What else is in the cart is only known now; the connection is given back before somebody else is asked.
        let others: Vec<ProductId> = lines.iter().map(|l| l.product).filter(|p| *p != product).collect();
        if !others.is_empty() {
            offers.extend(self.catalog.products(&others, view).await?);
        }
        Ok(quote(&lines, &offers, self.rules, view.user_type)?)
    }

    async fn find(&self, user: UserId) -> Result<Option<Cart>, CartError> {
        let mut conn = self.db.conn().await?;
        Ok(store::find(&mut conn, user).await?)
    }
}

/// The customer is no more, nor is what she meant to buy.
pub(crate) async fn forget(tx: &mut Tx, user: UserId) -> Result<(), QueryError> {
    store::delete_cart(tx, user).await
}

/// Takes what was bought out of the cart it was bought from; what was put in meanwhile stays.
pub(crate) async fn take_out(
    tx: &mut Tx,
    cart: CartId,
    bought: &[OrderedLine],
    now: DateTime<Utc>,
) -> Result<(), QueryError> {
    let lines = store::lock_lines(tx, cart).await?;
    let remainder = Remainder::of(&lines, bought.iter().map(|line| (line.product_id, line.quantity)));
    if remainder.changes_nothing() {
        return Ok(());
    }
    store::put_remainder(tx, cart, &remainder, now).await
}

#[async_trait]
impl CartApi for CartService {
    async fn cart_to_order(&self, user: UserId) -> Result<Option<CartContents>, CartError> {
        let contents = |cart: Cart| CartContents {
            cart: cart.id,
            revision: cart.revision,
            lines: cart.lines.into_iter().map(CartLine::from).collect(),
        };
        Ok(self.find(user).await?.filter(|cart| !cart.lines.is_empty()).map(contents))
    }

    async fn export(&self, user: UserId) -> Result<Value, CartError> {
        let item = |line: &Line| {
            json!({
                "productId": line.product, "quantity": line.quantity.get(), "priceSeen": line.price_seen,
                "addedAt": line.added_at,
            })
        };
        let cart = self.find(user).await?;
        Ok(json!(cart.map(|cart| json!({ "items": cart.lines.iter().map(item).collect::<Vec<_>>() }))))
    }
}

impl From<Line> for CartLine {
    fn from(line: Line) -> Self {
        Self { product: line.product, quantity: line.quantity.get() }
    }
}

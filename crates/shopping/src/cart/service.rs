//! The use cases of the cart: read it, ask the port once, apply the rules, write in one statement what they changed.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contracts::order::OrderedLine;
use db::{Db, DbError, QueryError, Together, Transact as _, Tx};
use kernel::{
    Clock, Language, UserType,
    id::{CartId, CartItemId, ProductId, UserId},
};
use serde_json::{Value, json};

use super::{
    Cart, CartRules, Change, Line, Owner, Quantity,
    quote::{Quote, quote},
    store::{self, Added, Addition},
};
use crate::{
    CartApi, CartContents, CartError, CartLine,
    ports::{Catalog, Offer, View},
};

/// Customers' and guests' carts. Clones share everything.
#[derive(Clone)]
pub struct CartService {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) catalog: Arc<dyn Catalog>,
    rules: CartRules,
    /// Customers' carts that are read at the same moment are read by one call, and what is put into carts is put in by
    /// one.
    read: Together<UserId, Cart>,
    added: Together<Addition, Added>,
}

type Offers = HashMap<ProductId, Offer>;

impl CartService {
    /// So often a change is tried upon what was read; then the cart is locked, and the others wait.
    const TRIES: u32 = 4;

    pub fn new(db: Db, clock: Arc<dyn Clock>, catalog: Arc<dyn Catalog>, rules: CartRules) -> Self {
        Self { read: Together::new(&db), added: Together::new(&db), db, clock, catalog, rules }
    }

    /// The owner's cart at today's prices.
    pub(crate) async fn cart(&self, owner: Owner, view: View) -> Result<Quote, CartError> {
        let lines = self.find(owner).await?.lines;
        self.quoted(&lines, view).await
    }

    /// Puts `quantity` more of a product into the cart.
    pub(crate) async fn add(
        &self,
        owner: Owner,
        view: View,
        product: ProductId,
        quantity: Quantity,
    ) -> Result<Quote, CartError> {
        if let Some(quote) = self.add_at_once(owner, view, product, quantity).await? {
            return Ok(quote);
        }
        let now = self.clock.now();
        self.change(owner, view, &[product], |cart, offers| {
            cart.add(offers.get(&product), product, quantity, now)
        })
        .await
    }

    /// What nearly every addition is, in one round trip: there is a cart, and nothing speaks against it. `None`, and
    /// nothing done, when something may: that is for a closer look to say.
    async fn add_at_once(
        &self,
        owner: Owner,
        view: View,
        product: ProductId,
        quantity: Quantity,
    ) -> Result<Option<Quote>, CartError> {
        let now = self.clock.now();
        let offer = self.catalog.products_lately(&[product], view).await?.remove(&product);
        let Some(offer) = offer.filter(|offer| offer.sellable) else { return Ok(None) };
        let addition = Arc::new(Addition {
            owner,
            item: CartItemId::generate(now),
            product,
            quantity,
            least: offer.min_quantity,
            most: offer.available.min(Quantity::MAX.into()),
            price: offer.price,
            at: now,
        });
        let same = |a: &Addition, b: &Addition| a.owner == b.owner;
        let mut added = self.added.ask(addition.clone(), same, |additions| self.add_all(additions)).await;
        if added.as_ref().is_err_and(store::was_full) {
            // One of them, which one is not known: each goes alone.
            added = match self.add_all(vec![addition]).await {
                Err(e) if store::was_full(&e) => return Ok(None),
                alone => alone.map(|mut alone| alone.pop().unwrap_or(Added::Refused)),
            };
        }
        let lines = match added? {
            Added::Refused => return Ok(None),
            Added::Whole(lines) => lines,
            // It is done, whatever becomes of the question: the guest may have an account by now, and it went along.
            Added::AmongOthers(seen) => self.find(owner).await.map_or(seen, |cart| cart.lines),
        };
        Ok(Some(self.quoted(&lines, view).await?))
    }

    async fn add_all(&self, additions: Vec<Arc<Addition>>) -> Result<Vec<Added>, DbError> {
        Ok(store::add(&mut *self.db.conn().await?, &additions).await?)
    }

    /// The lines at today's prices, for whoever looks.
    async fn quoted(&self, lines: &[Line], view: View) -> Result<Quote, CartError> {
        let products: Vec<ProductId> = lines.iter().map(|line| line.product).collect();
        let offers = match products.as_slice() {
            [] => Offers::new(),
            products => self.catalog.products_lately(products, view).await?,
        };
        Ok(quote(lines, &offers, self.rules, view.user_type)?)
    }

    /// Sets the quantities of lines, all or none.
    pub(crate) async fn set(
        &self,
        owner: Owner,
        view: View,
        wanted: &[(CartItemId, Quantity)],
    ) -> Result<Quote, CartError> {
        self.change(owner, view, &[], |cart, offers| cart.set(wanted, offers)).await
    }

    pub(crate) async fn remove(
        &self,
        owner: Owner,
        view: View,
        item: CartItemId,
    ) -> Result<Quote, CartError> {
        self.change(owner, view, &[], |cart, _| cart.remove(item)).await
    }

    pub(crate) async fn clear(&self, owner: Owner, view: View) -> Result<Quote, CartError> {
        self.change(owner, view, &[], |cart, _| Ok(cart.clear())).await
    }

    /// Applies the rule to the cart as it stands and returns the whole cart. Whoever changed it meanwhile is not
    /// overwritten: the rule is applied anew.
    async fn change(
        &self,
        owner: Owner,
        view: View,
        wanted: &[ProductId],
        rule: impl Fn(&mut Cart, &Offers) -> Result<Change, CartError> + Sync,
    ) -> Result<Quote, CartError> {
        let mut tried = 0;
        loop {
            tried += 1;
            let mut cart = self.find(owner).await?;
            let products = cart.lines.iter().map(|line| line.product).chain(wanted.iter().copied());
            let offers = self.offers(products, view).await?;
            let written = if tried <= Self::TRIES || cart.revision == 0 {
                let change = rule(&mut cart, &offers)?;
                change.is_none() || self.write(owner, &cart, &change).await?
            } else {
                self.change_locked(&mut cart, &offers, &rule).await?
            };
            if written {
                return Ok(quote(&cart.lines, &offers, self.rules, view.user_type)?);
            }
        }
    }

    /// Unless the cart is another by now.
    async fn write(&self, owner: Owner, cart: &Cart, change: &Change) -> Result<bool, CartError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        let written = match cart.revision {
            0 => store::begin(&mut conn, owner, cart.id, change, now).await?,
            revision => store::change(&mut conn, cart.id, revision, change, now).await?,
        };
        Ok(written)
    }

    /// The same under the cart's lock. False when the cart is gone.
    async fn change_locked(
        &self,
        cart: &mut Cart,
        offers: &Offers,
        rule: &(impl Fn(&mut Cart, &Offers) -> Result<Change, CartError> + Sync),
    ) -> Result<bool, CartError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CartError, _>(async |tx| {
            let Some(revision) = store::lock(tx, cart.id).await? else { return Ok(false) };
            *cart = Cart { id: cart.id, revision, lines: store::list_lines(tx, cart.id).await? };
            let change = rule(cart, offers)?;
            Ok(change.is_none() || store::change(tx, cart.id, revision, &change, now).await?)
        })
        .await
    }

    pub(crate) async fn offers(
        &self,
        products: impl Iterator<Item = ProductId>,
        view: View,
    ) -> Result<Offers, CartError> {
        let mut products: Vec<ProductId> = products.collect();
        products.sort_unstable();
        products.dedup();
        if products.is_empty() {
            return Ok(Offers::new());
        }
        Ok(self.catalog.products(&products, view).await?)
    }

    async fn find_of_users(&self, users: Vec<Arc<UserId>>) -> Result<Vec<Cart>, DbError> {
        Ok(store::find_of_users(&mut *self.db.conn().await?, &users, self.clock.now()).await?)
    }

    pub(crate) async fn find(&self, owner: Owner) -> Result<Cart, CartError> {
        match owner {
            Owner::User(user) => {
                Ok(self.read.ask(user, PartialEq::eq, |users| self.find_of_users(users)).await?)
            }
            Owner::Guest(guest) => {
                let now = self.clock.now();
                let found = store::find_of_guest(&mut *self.db.conn().await?, guest, now).await?;
                found.ok_or(CartError::GuestExpired)
            }
        }
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
    let Some(revision) = store::lock(tx, cart).await? else { return Ok(()) };
    let lines = store::list_lines(tx, cart).await?;
    let change = Change::without(&lines, bought.iter().map(|line| (line.product_id, line.quantity)));
    if !change.is_none() {
        store::change(tx, cart, revision, &change, now).await?;
    }
    Ok(())
}

#[async_trait]
impl CartApi for CartService {
    async fn cart_to_order(&self, user: UserId) -> Result<Option<CartContents>, CartError> {
        let cart = self.find(Owner::User(user)).await?;
        let contents = |cart: Cart| CartContents {
            cart: cart.id,
            revision: cart.revision,
            lines: cart.lines.into_iter().map(CartLine::from).collect(),
        };
        Ok((!cart.lines.is_empty()).then(|| contents(cart)))
    }

    async fn refill(
        &self,
        user: UserId,
        user_type: UserType,
        wanted: &[CartLine],
    ) -> Result<Vec<CartLine>, CartError> {
        let (now, owner) = (self.clock.now(), Owner::User(user));
        let view = View { user_type, language: Language::default() };
        let products: Vec<ProductId> = wanted.iter().map(|line| line.product).collect();
        self.change(owner, view, &products, |cart, offers| Ok(cart.refill(wanted, offers, now))).await?;
        let lines = self.find(owner).await?.lines;
        Ok(lines.into_iter().map(CartLine::from).filter(|line| products.contains(&line.product)).collect())
    }

    async fn export(&self, user: UserId) -> Result<Value, CartError> {
        let item = |line: &Line| {
            json!({
                "productId": line.product, "quantity": line.quantity.get(), "priceSeen": line.price_seen,
                "addedAt": line.added_at,
            })
        };
        let cart = self.find(Owner::User(user)).await?;
        let begun = (cart.revision > 0).then_some(cart);
        Ok(json!(begun.map(|cart| json!({ "items": cart.lines.iter().map(item).collect::<Vec<_>>() }))))
    }
}

impl From<Line> for CartLine {
    fn from(line: Line) -> Self {
        Self { product: line.product, quantity: line.quantity.get() }
    }
}

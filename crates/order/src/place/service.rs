//! Placing an order.
//!
//! Two short transactions: inventory reserves under the order's id, then the order is written with its events.
//! A crash between them leaves a reservation that inventory gives back by itself; a crash after them leaves an
//! order whose payment is started by its event. Nothing is undone that a retry could not find again by the id.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use chrono::TimeDelta;
use contracts::order::{OrderPlaced, PaymentMethod};
use db::{Db, DbError, Together};
use futures_util::future::{OptionFuture, join4};
use kernel::{
    Clock, Language, Money, UserType,
    id::{AddressId, CartId, OrderId, UserId},
};

use super::{
    freeze,
    store::{NewOrder, Written, insert_orders},
    total,
};
use crate::{
    OrderError, OrdersApi, Shortage,
    end::service::payment_of,
    order::{Order, OrderEvent, OrderStatus, PaymentStatus, PostalAddress},
    ports::{Addresses, Cart, Carts, Catalog, Companies, Payment, Payments, Stock, View},
    store, view,
};

/// The numbers ordering goes by.
#[derive(Debug, Clone, Copy)]
pub struct OrderRules {
    /// Least gross total of an individual's order.
    pub minimum_order: Money,
    /// How long an order waits for its money; by P24, whose banks take their time, twice as long.
    pub hold: TimeDelta,
    /// How long after its due day an order on account is called off.
    pub grace: TimeDelta,
    /// How many orders a customer may have that wait for their money.
    pub most_unpaid_orders: u32,
    /// How many units of one product in all of them: of individuals, and of companies.
    pub most_unpaid_units: (u32, u32),
}

/// The shop's usual numbers; each is a setting.
impl Default for OrderRules {
    fn default() -> Self {
        Self {
            minimum_order: Money::grosz(20_000),
            hold: TimeDelta::minutes(15),
            grace: TimeDelta::days(7),
            most_unpaid_orders: 20,
            most_unpaid_units: (1_000, 10_000),
        }
    }
}

impl OrderRules {
    /// How long an order that is paid in this way waits for its money.
    pub(crate) fn hold_of(&self, method: PaymentMethod) -> TimeDelta {
        match method {
            PaymentMethod::P24 => self.hold * 2,
            PaymentMethod::Card | PaymentMethod::Blik | PaymentMethod::BankTransfer => self.hold,
        }
    }
}

#[derive(Clone)]
pub struct OrderService {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ports: Ports,
    pub(crate) rules: OrderRules,
    /// Orders that come at the same moment are written by one call, and their carts looked up by one.
    writer: Together<NewOrder, Written>,
    of_carts: Together<(CartId, i64), Option<OrderId>>,
}

/// Everything ordering asks of others.
#[derive(Clone)]
pub struct Ports {
    pub carts: Arc<dyn Carts>,
    pub catalog: Arc<dyn Catalog>,
    pub stock: Arc<dyn Stock>,
    pub addresses: Arc<dyn Addresses>,
    pub companies: Arc<dyn Companies>,
    pub payments: Arc<dyn Payments>,
}

/// Whether an order with this id may be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The id was made for this request.
    First,
    /// A request before it had the id, and got nobody knows how far.
    Again,
}

/// What a customer asks for.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    pub order: OrderId,
    pub turn: Turn,
    pub user: UserId,
    pub user_type: UserType,
    pub language: Language,
    pub shipping_address: AddressId,
    /// The shipping address when not given.
    pub billing_address: Option<AddressId>,
    pub method: PaymentMethod,
    /// In how many days a transfer comes.
    pub term_days: Option<u16>,
    pub notes: Option<String>,
    /// The total the customer saw.
    pub expected_total: Option<Money>,
}

/// What a look refuses.
#[derive(Debug)]
pub(crate) enum Refused {
    Known(OrderError),
    /// There is too little for this cart. One who has ordered it already may have bought the last.
    TooLate {
        cart: CartId,
        revision: i64,
        short: Vec<Shortage>,
    },
}

impl From<OrderError> for Refused {
    fn from(why: OrderError) -> Self {
        Self::Known(why)
    }
}

impl OrderService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, ports: Ports, rules: OrderRules) -> Self {
        Self { writer: Together::new(&db), of_carts: Together::new(&db), db, clock, ports, rules }
    }

    /// The order as it would be, unless there is something to refuse. Nothing is written: whoever comes too late costs
    /// as little as can be.
    pub(crate) async fn look(&self, request: &PlaceOrder) -> Result<Order, Refused> {
        let cart = self.cart_of(request).await?;
        let short = self.ports.stock.too_little(&cart.lines, self.clock.now()).await;
        if !short.is_empty() {
            return Err(Refused::TooLate { cart: cart.id, revision: cart.revision, short });
        }
        Ok(self.draft(request, &cart).await?)
    }

    pub(crate) async fn why(&self, refused: Refused) -> OrderError {
        match refused {
            Refused::Known(why) => why,
            Refused::TooLate { cart, revision, short } => match self.order_of_cart(cart, revision).await {
                Ok(Some(earlier)) => OrderError::CartAlreadyOrdered(earlier),
                Ok(None) => OrderError::InsufficientStock(short),
                Err(e) => e.into(),
            },
        }
    }

    /// Makes the customer's cart an order and starts its payment: as it was `seen`, or as it is. Asked again with the
    /// same order id, it finds the order that was made.
    #[tracing::instrument(skip_all, fields(order.id = %request.order))]
    pub async fn place(
        &self,
        request: PlaceOrder,
        seen: Option<Order>,
    ) -> Result<(Order, Payment), OrderError> {
        let known = match request.turn {
            Turn::First => None,
            Turn::Again => self.find(request.user, request.order).await?,
        };
        let order = match known {
            Some(order) => order,
            None => self.make(request, seen).await?,
        };
        let payment = self.ports.payments.start(payment_of(&order)).await?;
        Ok((order, payment))
    }

    async fn check_method(&self, request: &PlaceOrder) -> Result<(), OrderError> {
        match (request.method, request.user_type, request.term_days) {
            (PaymentMethod::Card | PaymentMethod::Blik | PaymentMethod::P24, _, _) => Ok(()),
            (PaymentMethod::BankTransfer, UserType::Individual, _) => {
                Err(OrderError::PaymentMethodNotAvailable)
            }
            (PaymentMethod::BankTransfer, UserType::Corporate, days) => {
                let approved = self.ports.companies.payment_term_days(request.user).await?;
                match days {
                    _ if approved.is_empty() => Err(OrderError::PaymentMethodNotAvailable),
                    Some(days) if approved.contains(&days) => Ok(()),
                    days => Err(OrderError::PaymentTerm { given: days.is_some(), approved }),
                }
            }
        }
    }

    async fn cart_of(&self, request: &PlaceOrder) -> Result<Cart, OrderError> {
        self.check_method(request).await?;
        let cart = self.ports.carts.cart(request.user).await?.filter(|cart| !cart.lines.is_empty());
        cart.ok_or(OrderError::CartEmpty)
    }

    async fn make(&self, request: PlaceOrder, seen: Option<Order>) -> Result<Order, OrderError> {
        let draft = match seen {
            Some(draft) => draft,
            // What is short is not asked: the units may be put aside already.
            None => match self.draft(&request, &self.cart_of(&request).await?).await {
                // Another request with this key was faster.
                Err(OrderError::CartAlreadyOrdered(earlier)) if earlier == request.order => {
                    return self.order(request.user, request.order).await;
                }
                draft => draft?,
            },
        };
        self.make_of(&request, draft).await
    }

    pub(crate) async fn make_of(&self, request: &PlaceOrder, draft: Order) -> Result<Order, OrderError> {
        kernel::crash::point("order.after_gate");
        let mut order = Order { id: request.order, ..draft };
        self.ports.stock.reserve(order.id, &order.cart_lines(), order.created_at).await?;
        kernel::crash::point("order.after_reserve");
        match self.write(&order, request.user_type).await {
            Ok(number) => {
                kernel::crash::point("order.after_write");
                order.number = number;
                Ok(order)
            }
            Err(OrderError::Db(failure)) => self.after_refused_write(order, failure).await,
            // Nothing was written.
            Err(e) => {
                self.give_back(&order).await;
                Err(e)
            }
        }
    }

    /// The order as it will be, but for its number: that is drawn as it is written, so that a refusal takes none.
    pub(crate) async fn draft(&self, request: &PlaceOrder, cart: &Cart) -> Result<Order, OrderError> {
        let now = self.clock.now();
        let products: Vec<_> = cart.lines.iter().map(|l| l.product).collect();
        let view = View { user_type: request.user_type, language: request.language };
        let (earlier, offers, shipping_address, billing_address) = join4(
            self.order_of_cart(cart.id, cart.revision),
            self.ports.catalog.offers(&products, view),
            self.address(request, request.shipping_address, "shippingAddressId"),
            OptionFuture::from(
                request.billing_address.map(|id| self.address(request, id, "billingAddressId")),
            ),
        )
        .await;
        if let Some(earlier) = earlier? {
            return Err(OrderError::CartAlreadyOrdered(earlier));
        }
        let lines = freeze(&cart.lines, &offers?)?;
        let minimum = match request.user_type {
            UserType::Individual => self.rules.minimum_order,
            UserType::Corporate => Money::grosz(0),
        };
        let totals = total(&lines, minimum, request.expected_total)?;
        let shipping_address = shipping_address?;
        let billing_address = billing_address.unwrap_or_else(|| Ok(shipping_address.clone()))?;
        let due_at = request.term_days.map(|days| now + TimeDelta::days(days.into()));
        Ok(Order {
            id: request.order,
            number: String::new(),
            user: request.user,
            status: OrderStatus::PendingPayment,
            payment_status: PaymentStatus::RequiresPaymentMethod,
            payment_method: request.method,
            cart: cart.id,
            cart_revision: cart.revision,
            totals,
            lines,
            shipping_address,
            billing_address,
            notes: request.notes.clone(),
            hold_until: due_at.map_or(now + self.rules.hold_of(request.method), |due| due + self.rules.grace),
            created_at: now,
            paid_at: None,
            due_at,
            cancelled_at: None,
            cancel_reason: None,
            tracking_number: None,
            carrier: None,
            payment: None,
            refunded: Money::grosz(0),
            events: vec![OrderEvent { kind: "placed".to_owned(), detail: None, at: now }],
        })
    }

    async fn address(
        &self,
        request: &PlaceOrder,
        id: AddressId,
        field: &'static str,
    ) -> Result<PostalAddress, OrderError> {
        self.ports.addresses.address(request.user, id).await?.ok_or(OrderError::AddressNotFound { field })
    }

    /// Order, lines, timeline and event by one statement, with those that come at the same moment; the number it got.
    async fn write(&self, order: &Order, user_type: UserType) -> Result<String, OrderError> {
        let placed = OrderPlaced {
            order_id: order.id,
            user_id: order.user,
            total: order.totals.gross,
            method: order.payment_method,
            hold_until: order.hold_until,
        };
        let most_units = match user_type {
            UserType::Individual => self.rules.most_unpaid_units.0,
            UserType::Corporate => self.rules.most_unpaid_units.1,
        };
        let new = Arc::new(NewOrder::new(order.clone(), &placed, most_units).map_err(DbError::from)?);
        let same = |a: &NewOrder, b: &NewOrder| a.order.user == b.order.user;
        let mut written = self.writer.ask(new.clone(), same, |new| self.insert(new)).await;
        if written.as_ref().is_err_and(|e| e.violated().is_some()) {
            // One of them stands already, which one is not known: each goes alone.
            written = self
                .insert(vec![new])
                .await
                .and_then(|one| Ok(one.into_iter().next().ok_or(db::QueryError::NotFound)?));
        }
        match written? {
            Written::Placed { number } => Ok(number),
            Written::Orders => Err(OrderError::TooManyUnpaidOrders { limit: self.rules.most_unpaid_orders }),
            Written::Units { product, unpaid } => {
                Err(OrderError::TooManyUnpaidUnits { product, limit: most_units, unpaid })
            }
        }
    }

    async fn insert(&self, new: Vec<Arc<NewOrder>>) -> Result<Vec<Written>, DbError> {
        Ok(insert_orders(&mut *self.db.conn().await?, &new, self.rules.most_unpaid_orders).await?)
    }

    /// The order could not be written. Only what is known not to stand gives its units back here; an unknown
    /// outcome (the connection broke at the commit) is left to inventory, which asks whether the order exists.
    async fn after_refused_write(&self, order: Order, failure: DbError) -> Result<Order, OrderError> {
        match failure.violated() {
            // Another request with this key has finished the work meanwhile.
            Some("orders_pkey") => self.order(order.user, order.id).await,
            Some("orders_one_per_cart") => {
                self.give_back(&order).await;
                let earlier = self.order_of_cart(order.cart, order.cart_revision).await?;
                Err(earlier.map_or(OrderError::Db(failure), OrderError::CartAlreadyOrdered))
            }
            _ => Err(failure.into()),
        }
    }

    /// What was reserved for an order that was refused. Should it fail, inventory finds that the order never came.
    async fn give_back(&self, order: &Order) {
        if let Err(e) = self.ports.stock.release(order.id, order.created_at).await {
            tracing::warn!(order.id = %order.id, error = %e, "units of order {} wait to be given back", order.id);
        }
    }

    async fn order_of_cart(&self, id: CartId, revision: i64) -> Result<Option<OrderId>, DbError> {
        self.of_carts.ask((id, revision), PartialEq::eq, |carts| self.orders_of_carts(carts)).await
    }

    async fn orders_of_carts(&self, carts: Vec<Arc<(CartId, i64)>>) -> Result<Vec<Option<OrderId>>, DbError> {
        Ok(store::find_by_carts(&mut *self.db.conn().await?, &carts).await?)
    }

    /// The customer's order.
    pub async fn order(&self, user: UserId, id: OrderId) -> Result<Order, OrderError> {
        self.find(user, id).await?.ok_or(OrderError::NotFound)
    }

    /// The connection goes back before the caller asks for another: held through a `match`, enough requests at once
    /// would each keep one and wait for a second for ever.
    async fn find(&self, user: UserId, id: OrderId) -> Result<Option<Order>, DbError> {
        Ok(store::find_order(&mut *self.db.conn().await?, id, Some(user)).await?)
    }
}

#[async_trait]
impl OrdersApi for OrderService {
    async fn existing(&self, orders: &[OrderId]) -> Result<HashSet<OrderId>, OrderError> {
        Ok(store::list_existing(&mut *self.db.conn().await?, orders).await?)
    }

    async fn ids_of(&self, user: UserId) -> Result<Vec<OrderId>, OrderError> {
        Ok(store::list_ids_of(&mut *self.db.conn().await?, user).await?)
    }

    async fn export(&self, user: UserId) -> Result<serde_json::Value, OrderError> {
        let orders = store::list_orders_of(&mut *self.db.conn().await?, user).await?;
        Ok(view::http::shown(&orders))
    }
}

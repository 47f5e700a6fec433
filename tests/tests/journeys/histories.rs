//! A minute of everything at once: what people were told, and what the books say, are held against each other. And two
//! ways to reserve wrongly, which must not pass.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use journeys::{
    Customer, Goods, Placed, Product, Setup, Shop, Visitor,
    history::{Books, Heard, Received, Told, check},
    within,
};
use kernel::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::json;

const PRODUCTS: usize = 10;
const CLIENTS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minute_of_everything_adds_up() {
    let problems = play(Duration::from_mins(1), true, "").await;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Whoever looks without locking sees what another is about to take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_noticed_when_units_are_looked_at_without_a_lock() {
    let problems = play(Duration::from_secs(20), false, WITHOUT_A_LOCK).await;
    assert!(problems.iter().any(|p| p.contains("more is put aside than there is")), "{problems:?}");
}

/// Whoever takes what there is, and not all or nothing, promises what it does not have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_noticed_when_only_some_of_the_lines_are_reserved() {
    let problems = play(Duration::from_secs(10), false, SOME_OF_THE_LINES).await;
    assert!(problems.iter().any(|p| p.contains("and holds")), "{problems:?}");
}

/// The check of the table would refuse it, so it goes as well.
const WITHOUT_A_LOCK: &str = "
    alter table inventory.stock drop constraint stock_check;
    do $$ declare
        v_many text := pg_get_functiondef('inventory.reserve_many'::regproc);
        v_one text := pg_get_functiondef('inventory.reserve'::regproc);
    begin
        v_many := replace(v_many, 'order by s.sku_id for update', 'order by s.sku_id');
        execute replace(v_many, 'if v_fits then', 'perform pg_sleep(0.2); if v_fits then');
        execute replace(v_one, 'order by s.sku_id for update;', 'order by s.sku_id; perform pg_sleep(0.2);');
        assert pg_get_functiondef('inventory.reserve_many'::regproc) !~ 'sku_id for update', 'a lock was left';
        assert pg_get_functiondef('inventory.reserve'::regproc) !~ 'sku_id for update', 'a lock was left';
    end $$";

/// The lines that do not fit are left out.
const SOME_OF_THE_LINES: &str = "
    alter function inventory.reserve_many(uuid[], uuid[], int[], uuid[], int[], timestamptz, timestamptz)
        rename to reserve_properly;
    create function inventory.reserve_many(
        p_ids uuid[], p_orders uuid[], p_of int[], p_skus uuid[], p_quantities int[], p_expires timestamptz, p_now timestamptz
    ) returns jsonb language sql as $$
        select inventory.reserve_properly(p_ids, p_orders, coalesce(array_agg(u.nth), p_of),
            coalesce(array_agg(u.sku), p_skus), coalesce(array_agg(u.quantity), p_quantities), p_expires, p_now)
        from unnest(p_of, p_skus, p_quantities) u (nth, sku, quantity)
        where exists (select from inventory.stock s where s.sku_id = u.sku and s.on_hand - s.reserved >= u.quantity)
    $$";

struct Play<'a> {
    shop: &'a Shop,
    products: &'a [Product],
    heard: &'a Mutex<Vec<Heard>>,
    over: Instant,
    next: &'a AtomicUsize,
    /// Whoever oversells may stumble over it.
    mistaken: bool,
}

/// What does not add up after so long.
async fn play(length: Duration, crashes: bool, mistake: &str) -> Vec<String> {
    let mut shop = Setup::default()
        .setting("MAX_UNPAID_ORDERS", "10000")
        .setting("MAX_UNPAID_UNITS_INDIVIDUAL", "1000000")
        .open()
        .await;
    if !mistake.is_empty() {
        shop.db.exec(mistake).await;
    }
    let goods = Goods { price: 25_000, stock: 6, ..Goods::default() };
    let mut products = Vec::new();
    for _ in 0..PRODUCTS {
        products.push(shop.sells(goods.clone()).await);
    }
    let received: Mutex<Received> =
        Mutex::new(products.iter().map(|p| (p.id.clone(), goods.stock)).collect());
    let other = shop.another_instance().await;
    let doors = [shop.guest(), other.visitor()];
    let customers = shop.crowd(CLIENTS, &[&doors[0], &doors[1]], &[(&products[0], 1)]).await;
    let owner = shop.owner().await;
    let (heard, next) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let over = Instant::now() + length;

    let mut victim = other;
    {
        let play = Play {
            shop: &shop,
            products: &products,
            heard: &heard,
            over,
            next: &next,
            mistaken: !mistake.is_empty(),
        };
        let clients = join_all(customers.iter().enumerate().map(|(nth, c)| play.lives(nth, c, &doors)));
        let trouble = async {
            while crashes && Instant::now() < over {
                tokio::time::sleep(Duration::from_secs(4)).await;
                victim.kill();
                victim.start().await;
            }
        };
        tokio::join!(clients, play.restocks(&owner, &received), play.lets_expire(), trouble);
    }
    // What was put aside for requests that died is given back within a minute; what is on its way arrives.
    let rest = "select count(*) from platform.jobs where dead_at is null and payload::text <> 'null' and run_at <= now()";
    let orphans = "select count(*) from inventory.reservations r where state = 'held'
                   and not exists (select from orders.orders o where o.id = r.order_id)";
    let mut quiet = 0;
    within(Duration::from_mins(3), "everything has come to rest", async || {
        let busy = shop.db.number(rest).await
            + shop.db.number(orphans).await
            + shop.db.number("select count(*) from platform.outbox").await;
        quiet = if busy == 0 { quiet + 1 } else { 0 };
        (quiet >= 20).then_some(())
    })
    .await;
    if mistake.is_empty() {
        shop.is_sound().await;
    }
    let books = Books::read(&shop.db).await;
    let heard = heard.into_inner().unwrap();
    let placed = heard.iter().filter(|h| matches!(h.answer, Told::Placed(_))).count();
    assert!(placed >= 20 && heard.len() - placed >= 5, "{placed} of {} were served", heard.len());
    shop.gateway.kill();
    check(&heard, &received.into_inner().unwrap(), &books)
}

impl Play<'_> {
    /// Buys, pays, calls off, each as chance has it.
    async fn lives(&self, nth: usize, customer: &Customer, doors: &[Visitor]) {
        let mut mine: Vec<Placed> = Vec::new();
        for round in 0.. {
            if Instant::now() >= self.over {
                return;
            }
            match (nth * 7 + round * 5) % 10 {
                0..=5 => mine.extend(self.buys(customer, doors, nth + round).await),
                6..=7 => {
                    if let Some(order) = mine.pop().filter(|order| !order.intent.is_empty()) {
                        // It may have been called off or have expired meanwhile.
                        self.shop.stripe.try_to_succeed(&order.intent);
                    }
                }
                _ => {
                    if let Some(order) = mine.pop() {
                        let path = format!("/api/orders/{}", order.id);
                        self.persists(customer, doors, (Method::DELETE, &path, None), &[200, 409, 501]).await;
                    }
                }
            }
        }
    }

    async fn buys(&self, customer: &Customer, doors: &[Visitor], chance: usize) -> Option<Placed> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let wish: HashMap<&str, i64> = HashMap::from([
            (self.products[n * 3 % PRODUCTS].id.as_str(), 1 + i64::try_from(n % 3).unwrap()),
            (self.products[(n * 7 + chance) % PRODUCTS].id.as_str(), 1),
        ]);
        self.persists(customer, doors, (Method::DELETE, "/api/me/cart", None), &[200]).await;
        let mut got = Vec::new();
        for (product, quantity) in wish {
            let line = json!({ "productId": product, "quantity": quantity }).to_string();
            let (status, body) = self
                .persists(customer, doors, (Method::POST, "/api/me/cart", Some(&line)), &[200, 409])
                .await;
            if status == 200 {
                // An addition that was asked for twice counts twice: the cart says what is in it.
                got = in_cart(&body);
            }
        }
        if got.is_empty() {
            return None;
        }
        let form = customer.order_form().to_string();
        let asked = SystemClock.now();
        let key = format!("history-{n}");
        let wanted: &[u16] = if self.mistaken { &[201, 409, 500] } else { &[201, 409] };
        let (status, body) = self
            .persists_under(&key, customer, doors, (Method::POST, "/api/orders", Some(&form)), wanted)
            .await;
        let told = SystemClock.now();
        let (wish, answer, placed) = if status == 201 {
            let placed = Placed::of_any(&body["data"]);
            // What was paid for meanwhile has left the cart: the order says what it is of.
            (ordered(&body), Told::Placed(placed.id.clone()), Some(placed))
        } else if status == 500 || body["error"]["code"] == "CART_EMPTY" {
            return None;
        } else {
            assert_eq!(body["error"]["code"], "INSUFFICIENT_STOCK", "{body}");
            let items = body["error"]["params"]["items"].as_array().unwrap().iter();
            let short = items.map(|item| {
                (item["productId"].as_str().unwrap().to_owned(), item["available"].as_i64().unwrap())
            });
            (got, Told::Short(short.collect()), None)
        };
        self.heard.lock().unwrap().push(Heard { wish, asked, told, answer });
        placed
    }

    async fn persists(
        &self,
        customer: &Customer,
        doors: &[Visitor],
        request: (Method, &str, Option<&str>),
        wanted: &[u16],
    ) -> (u16, serde_json::Value) {
        self.persists_under("none", customer, doors, request, wanted).await
    }

    /// Asks at one door or the other until it is answered.
    async fn persists_under(
        &self,
        key: &str,
        customer: &Customer,
        doors: &[Visitor],
        (method, path, body): (Method, &str, Option<&str>),
        wanted: &[u16],
    ) -> (u16, serde_json::Value) {
        let begun = Instant::now();
        // Each key at one of the doors, about as many at either.
        let first: usize = key.bytes().map(usize::from).sum();
        for attempt in 0.. {
            let door = doors[(attempt + first) % doors.len()].bearing(&customer.access_token);
            let asked = door.with("idempotency-key", key);
            if let Ok(answer) = asked.try_to(method.clone(), path, body.map(ToOwned::to_owned)).await {
                let running = answer.status == 409 && answer.refusal().1 == "REQUEST_IN_PROGRESS";
                if wanted.contains(&answer.status) && !running {
                    return (answer.status, answer.json());
                }
                assert!(running || answer.status == 503, "{path}: {} {}", answer.status, answer.text());
            }
            assert!(begun.elapsed() < Duration::from_secs(90), "{path} is never answered");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        unreachable!("there is always another attempt")
    }

    async fn restocks(&self, owner: &Visitor, received: &Mutex<Received>) {
        for n in 0.. {
            if Instant::now() >= self.over {
                return;
            }
            let product = &self.products[n * 3 % PRODUCTS];
            let units = 1 + i64::try_from(n % 4).unwrap();
            let path = format!("/api/admin/products/{}/stock-movements", product.id);
            let body = json!({ "kind": "receive", "quantity": units, "reason": "delivery" });
            // A gateway that is being killed, or rows that others hold for too long, are asked again under the same key.
            let keyed = owner.with("idempotency-key", format!("restock-{n}"));
            let mut answer = keyed.post(&path, &body).await;
            while answer.status == 503 {
                answer = keyed.post(&path, &body).await;
            }
            // Where more is put aside than there is, which only a wrong way to reserve can bring about, none comes in.
            if answer.status == 409 {
                continue;
            }
            answer.with_status(201);
            *received.lock().unwrap().get_mut(&product.id).unwrap() += units;
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// Now and then somebody's time is up.
    async fn lets_expire(&self) {
        while Instant::now() < self.over {
            self.shop
                .db
                .exec(
                    "update orders.orders set hold_until = now() where id in (
                         select id from orders.orders where status = 'pending_payment' order by id limit 3
                     )",
                )
                .await;
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    }
}

fn in_cart(answer: &serde_json::Value) -> Vec<(String, i64)> {
    let items = answer["data"]["items"].as_array().unwrap().iter();
    items
        .map(|i| (i["product"]["id"].as_str().unwrap().to_owned(), i["quantity"].as_i64().unwrap()))
        .collect()
}

fn ordered(answer: &serde_json::Value) -> Vec<(String, i64)> {
    let items = answer["data"]["order"]["items"].as_array().unwrap().iter();
    items.map(|i| (i["productId"].as_str().unwrap().to_owned(), i["quantity"].as_i64().unwrap())).collect()
}

//! Customers for the bench: signed up through the API like anybody, each with a filled cart and an address.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::wrk::Ask;
use crate::client::{Answer, Connection};
use crate::signals;

const AT_ONCE: usize = 8;
/// Three lines of this much each are above the minimum order of 200 zloty.
const LINE_GROSZ: u64 = 7_000;
const LINES: usize = 3;

#[derive(Debug, Clone)]
pub(super) struct Good {
    id: String,
    quantity: u64,
    /// The fewest that can be bought.
    least: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Customer {
    /// Tells what is in the cart.
    number: u32,
    pub(super) token: String,
    pub(super) address: String,
}

/// What there is plenty of, and how much of it makes a line.
pub(super) fn goods(port: u16) -> Result<Vec<Good>> {
    let mut connection = Connection::open(port)?;
    let mut goods = Vec::new();
    let mut path = "/api/products?limit=100".to_owned();
    loop {
        let page = data(&connection.get(&path, &[])?)?;
        goods.extend(page["data"].as_array().into_iter().flatten().filter_map(good));
        match page["meta"]["nextCursor"].as_str() {
            Some(cursor) => path = format!("/api/products?limit=100&cursor={cursor}"),
            None => break,
        }
    }
    if goods.len() < 10 {
        bail!("only {} products can be ordered", goods.len());
    }
    Ok(goods)
}

fn good(item: &Value) -> Option<Good> {
    let price = item["price"]["amount"].as_u64().filter(|price| *price > 0)?;
    let least = item["minQuantity"].as_u64()?;
    let quantity = LINE_GROSZ.div_ceil(price).max(least);
    (item["available"].as_u64()? >= 50).then_some(())?;
    Some(Good { id: item["id"].as_str()?.to_owned(), quantity, least })
}

/// More of what is in the carts already, so that an order has as many lines afterwards as before; each customer in turn.
pub(super) fn adds(tokens: &[&str], goods: &[Good]) -> Vec<Ask> {
    let more = |nth| {
        let customers = tokens.iter().enumerate();
        customers.filter_map(move |(number, token)| {
            let good = in_cart(goods, number).nth(nth)?;
            let line = json!({ "productId": good.id, "quantity": good.least });
            Some(Ask::post("/api/me/cart", line.to_string()).signed_in(token))
        })
    };
    (0..LINES).flat_map(more).collect()
}

/// What this customer buys. Others buy other things, so that the orders do not all wait for the same rows of stock.
fn in_cart(goods: &[Good], number: usize) -> impl Iterator<Item = &Good> {
    goods.iter().cycle().skip(number.wrapping_mul(LINES) % goods.len()).take(LINES)
}

pub(super) fn customers(port: u16, goods: &[Good], count: u32) -> Result<Vec<Customer>> {
    let next = AtomicU32::new(0);
    let work = || -> Result<Vec<Customer>> {
        let mut connection = Connection::open(port)?;
        let mut made = Vec::new();
        loop {
            signals::check()?;
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(made);
            }
            made.push(sign_up(&mut connection, goods, number)?);
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for thread in threads {
            let Ok(made) = thread.join() else { bail!("a customer's thread panicked") };
            all.extend(made?);
        }
        // What the nth of them buys is known by its number.
        all.sort_unstable_by_key(|customer| customer.number);
        Ok(all)
    })
}

/// The text message leaves through the outbox, so it comes a moment after the answer.
fn await_code(connection: &mut Connection, phone: &str) -> Result<String> {
    let mailbox = format!("/dev/sms?to=%2B{}", phone.trim_start_matches('+'));
    for _ in 0..600 {
        signals::check()?;
        if let Some(code) = one_time_code(&data(&connection.get(&mailbox, &[])?)?) {
            return Ok(code);
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!("no one-time code in the mailbox after half a minute")
}

fn sign_up(connection: &mut Connection, goods: &[Good], number: u32) -> Result<Customer> {
    let phone = format!("+4850{number:07}");
    let asked = json!({ "phoneNumber": phone, "userType": "individual" });
    let challenge = text(&post(connection, "/api/auth/send-otp", None, &asked)?, "challengeId")?;
    let code = await_code(connection, &phone)?;
    let proof = json!({ "challengeId": challenge, "phoneNumber": phone, "code": code });
    let registration = text(&post(connection, "/api/auth/verify-otp", None, &proof)?, "registrationToken")?;
    let profile = json!({
        "firstName": "Ada", "lastName": "Nowak", "email": format!("ada{number}@example.com"),
        "termsAccepted": true, "privacyAccepted": true,
    });
    let pair = post(connection, "/api/complete-profile", Some(&registration), &profile)?;
    let token = text(&pair, "accessToken")?;
    fill_cart(connection, &token, goods, number)?;
    let home = json!({
        "title": "Home", "street": "Marszałkowska 1", "city": "Warszawa", "postalCode": "00-001", "country": "PL",
    });
    let address = text(&post(connection, "/api/users/me/addresses", Some(&token), &home)?, "id")?;
    Ok(Customer { number, token, address })
}

fn fill_cart(connection: &mut Connection, token: &str, goods: &[Good], number: u32) -> Result<()> {
    for good in in_cart(goods, usize::try_from(number)?) {
        let line = json!({ "productId": good.id, "quantity": good.quantity });
        post(connection, "/api/me/cart", Some(token), &line)?;
    }
    Ok(())
}

fn post(connection: &mut Connection, path: &str, token: Option<&str>, body: &Value) -> Result<Value> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
    let answer = connection.post(path, &headers, &body.to_string())?;
    data(&answer).with_context(|| format!("POST {path}"))
}

fn data(answer: &Answer) -> Result<Value> {
    if !(200..300).contains(&answer.status) {
        bail!("{} {}", answer.status, answer.text());
    }
    Ok(serde_json::from_slice(&answer.body)?)
}

fn text(envelope: &Value, name: &str) -> Result<String> {
    let value = envelope["data"][name].as_str();
    Ok(value.with_context(|| format!("no {name} in {envelope}"))?.to_owned())
}

/// The newest text comes first; its code is the only run of six digits.
fn one_time_code(envelope: &Value) -> Option<String> {
    let said = envelope["data"].as_array()?.first()?["text"].as_str()?;
    said.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_in_the_newest_text() {
        let mailbox = json!({ "data": [{ "text": "2026: kod 123456." }, { "text": "kod 654321" }] });
        assert_eq!(one_time_code(&mailbox).as_deref(), Some("123456"));
    }

    #[test]
    fn a_line_is_worth_a_third_of_the_minimum_order_and_respects_the_product_s_own_minimum() {
        let item = json!({ "id": "p", "price": { "amount": 999 }, "minQuantity": 1, "available": 60 });
        assert_eq!(good(&item).unwrap().quantity, 8);
        let scarce = json!({ "id": "p", "price": { "amount": 999 }, "minQuantity": 1, "available": 3 });
        assert!(good(&scarce).is_none());
    }
}

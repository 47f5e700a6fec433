//! The order itself, once for each customer that was made ready: nothing but `POST /api/orders` is measured.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::json;

use super::Measured;
use super::visitor::Customer;
use crate::client::Connection;
use crate::{say, signals};

const AT_ONCE: usize = 16;

pub(super) fn place(port: u16, customers: &[Customer]) -> Result<Measured> {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let (times, failures) = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| buyer(port, customers, &next))).collect();
        let (mut times, mut failures) = (Vec::new(), 0);
        for thread in threads {
            let Ok(outcome) = thread.join() else { bail!("a buyer's thread panicked") };
            let (some, failed) = outcome?;
            times.extend(some);
            failures += failed;
        }
        Ok((times, failures))
    })?;
    Ok(Measured::of("order", begun.elapsed(), times, failures))
}

fn buyer(port: u16, customers: &[Customer], next: &AtomicUsize) -> Result<(Vec<Duration>, u64)> {
    let mut connection = Connection::open(port)?;
    let (mut times, mut failures) = (Vec::new(), 0);
    loop {
        signals::check()?;
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(customer) = customers.get(number) else { return Ok((times, failures)) };
        let bearer = format!("Bearer {}", customer.token);
        let key = format!("bench-{number}");
        let body = json!({ "shippingAddressId": customer.address, "paymentMethod": "card" }).to_string();
        let asked = Instant::now();
        let answer = connection.post(
            "/api/orders",
            &[("Authorization", &bearer), ("Idempotency-Key", &key)],
            &body,
        )?;
        times.push(asked.elapsed());
        if answer.status != 201 {
            if failures == 0 {
                say::note(format_args!("an order was refused: {} {}", answer.status, answer.text()));
            }
            failures += 1;
        }
    }
}

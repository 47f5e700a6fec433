//! So many requests, each sent once, some of them at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::Measured;
use crate::client::Connection;
use crate::{say, signals};

/// One request, all of it.
pub(super) struct Post {
    pub(super) path: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// What is no failure.
    pub(super) statuses: &'static [u16],
}

/// Sends the `nth` of `posts` requests for each `n`, `at_once` of them at a time.
pub(super) fn each(
    port: u16,
    (posts, at_once): (usize, usize),
    name: &str,
    nth: impl Fn(usize) -> Post + Sync,
) -> Result<Measured> {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let (times, failures) = thread::scope(|scope| {
        let work = || some(port, posts, &next, &nth);
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        let (mut times, mut failures) = (Vec::new(), 0);
        for thread in threads {
            let Ok(outcome) = thread.join() else { bail!("a thread of the crowd panicked") };
            let (some, failed) = outcome?;
            times.extend(some);
            failures += failed;
        }
        Ok((times, failures))
    })?;
    Ok(Measured::of(name, begun.elapsed(), times, failures))
}

fn some(
    port: u16,
    posts: usize,
    next: &AtomicUsize,
    nth: impl Fn(usize) -> Post,
) -> Result<(Vec<Duration>, u64)> {
    let mut connection = Connection::open(port)?;
    let (mut times, mut failures) = (Vec::new(), 0);
    loop {
        signals::check()?;
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= posts {
            return Ok((times, failures));
        }
        let Post { path, headers, body, statuses } = nth(number);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let asked = Instant::now();
        let answer = connection.post(path, &headers, &body)?;
        times.push(asked.elapsed());
        if !statuses.contains(&answer.status) {
            if failures == 0 {
                say::note(format_args!("{path} was refused: {} {}", answer.status, answer.text()));
            }
            failures += 1;
        }
    }
}

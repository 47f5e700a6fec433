//! The life of orders in virtual time: customers, a payment provider, webhooks, workers and crashes in every order that
//! chance makes, ten thousand times. Chance is a seed: `SIMULATION_SEED=7 cargo test -p journeys --test simulation` plays
//! one again and tells what happened.
//!
//! The rules are the shop's own: [`order::Transition`] says where an order may go, [`payment::PaymentStatus`] what outranks
//! what, [`inventory::ReservationState`] how a reservation ends (a test there holds it against the database). What is made
//! anew here is who does what when, which is what a test of a database cannot try ten thousand times.

mod chance;
mod world;

use world::{Mistake, World};

const SEEDS: u64 = 10_000;

#[test]
fn whatever_happens_money_and_units_end_where_they_belong() {
    if let Some(seed) = std::env::var("SIMULATION_SEED").ok().and_then(|seed| seed.parse().ok()) {
        let (outcome, story) = World::play(seed, Mistake::None);
        eprintln!("{}", story.join("\n"));
        assert_eq!(outcome, Ok(()));
        return;
    }
    let threads = std::thread::available_parallelism().map_or(1, |n| u64::try_from(n.get()).unwrap_or(1));
    std::thread::scope(|scope| {
        for first in 0..threads {
            scope.spawn(move || {
                for seed in (first..SEEDS).step_by(usize::try_from(threads).unwrap_or(1)) {
                    if let (Err(problem), story) = World::play(seed, Mistake::None) {
                        eprintln!("{}", story.join("\n"));
                        panic!("{problem}: play it again with SIMULATION_SEED={seed}");
                    }
                }
            });
        }
    });
}

/// Chance comes everywhere: each way an order can end, and each trouble on the way, is met by many seeds.
#[test]
fn every_end_is_met() {
    let mut met = std::collections::BTreeMap::new();
    for seed in 0..2_000 {
        for line in World::play(seed, Mistake::None).1 {
            let what = line.rsplit(": ").next().unwrap_or_default().to_owned();
            *met.entry(what).or_insert(0) += 1;
        }
    }
    for end in [
        "paid",
        "expired",
        "cancelled",
        "taken up again",
        "late money goes back",
        "refunded",
        "the process dies",
        "is refused, sold out",
        "gets more time",
        "its reservation never became an order",
        "an old webhook changes nothing",
    ] {
        assert!(met.get(end).is_some_and(|times| *times >= 20), "{end}: {:?}", met.get(end));
    }
}

/// A simulation that finds nothing proves nothing: each of these mistakes is one that somebody could make, and is found.
#[test]
fn mistakes_are_found() {
    for mistake in [
        Mistake::EndWithoutStoppingThePayment,
        Mistake::BelieveWebhooks,
        Mistake::ReleaseTwice,
        Mistake::ForgetOrphans,
        Mistake::ReserveWithoutLooking,
        Mistake::ForgetRefusals,
        Mistake::KeepTheMoney,
    ] {
        let found = (0..SEEDS).find(|seed| World::play(*seed, mistake).0.is_err());
        assert!(found.is_some(), "{mistake:?} was never found");
    }
}

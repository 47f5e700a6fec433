//! What an order comes to, whatever is in it.

use std::collections::BTreeMap;

use kernel::{Clock as _, Money, VatRate, id::ProductId};
use proptest::prelude::*;

use crate::{OrderError, OrderLine, order::Totals, place::total};

prop_compose! {
    fn lines()(lines in proptest::collection::vec((0i64..10_000_000, 1u32..10_000, 0usize..4), 0..100))
        -> Vec<OrderLine> {
        lines.into_iter().map(|(price, quantity, rate)| line(price, quantity, rate)).collect()
    }
}

fn line(price: i64, quantity: u32, rate: usize) -> OrderLine {
    let unit_price = Money::grosz(price);
    OrderLine {
        product: ProductId::generate(testkit::clock().now()),
        code: String::new(),
        name: String::new(),
        size: String::new(),
        image_url: None,
        quantity,
        unit_price,
        line_total: unit_price.checked_mul(quantity).unwrap(),
        vat: VatRate::from_basis_points([0, 500, 800, 2300][rate]).unwrap(),
    }
}

proptest! {
    #[test]
    fn lines_and_rates_sum_to_the_total(lines in lines()) {
        let totals = Totals::of(&lines).unwrap();
        let sum = |amounts: &mut dyn Iterator<Item = Money>| amounts.map(Money::amount).sum::<i64>();
        prop_assert_eq!(sum(&mut lines.iter().map(|l| l.line_total)), totals.gross.amount());
        prop_assert_eq!(totals.net.checked_add(totals.vat), Ok(totals.gross));
        prop_assert_eq!(sum(&mut totals.by_rate.iter().map(|l| l.vat)), totals.vat.amount());
        let mut by_rate: BTreeMap<VatRate, i64> = BTreeMap::new();
        for line in &lines {
            *by_rate.entry(line.vat).or_default() += line.line_total.amount();
        }
        let told: BTreeMap<_, _> = totals.by_rate.iter().map(|l| (l.rate, l.gross.amount())).collect();
        prop_assert_eq!(told, by_rate);
        prop_assert!(totals.by_rate.iter().all(|l| l.net.amount() >= 0 && l.vat.amount() >= 0));
    }

    #[test]
    fn only_the_total_the_customer_saw_passes_and_only_from_the_minimum_on(
        lines in lines(),
        off_by in -2i64..=2,
        short_by in -2i64..=2,
    ) {
        let current = Totals::of(&lines).unwrap().gross;
        let expected = Money::grosz(current.amount() + off_by);
        let required = Money::grosz(current.amount() + short_by);
        match total(&lines, required, Some(expected)) {
            Ok(totals) => prop_assert!(off_by == 0 && short_by <= 0 && totals.gross == current),
            Err(OrderError::PriceChanged { expected: e, current: c }) => {
                prop_assert!(off_by != 0 && (e, c) == (expected, current));
            }
            Err(OrderError::MinimumOrder { required: r, current: c }) => {
                prop_assert!(off_by == 0 && short_by > 0 && (r, c) == (required, current));
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn a_total_beyond_what_money_can_count_is_an_error() {
    let lines = [line(i64::MAX, 1, 0), line(1, 1, 0)];
    assert!(matches!(total(&lines, Money::grosz(0), None), Err(OrderError::Money(_))));
}

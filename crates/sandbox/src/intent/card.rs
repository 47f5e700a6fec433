//! What payments are made with: the test cards, BLIK and P24, and the ways in which they are refused
//! (<https://docs.stripe.com/testing>).

use serde::{Deserialize, Serialize};

use crate::world;

/// A payment method as it was used once: Stripe makes one of its own for every use of a test card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Instrument {
    pub(crate) id: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Card { brand: String, last4: String },
    Blik,
    P24,
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Card { .. } => "card",
            Self::Blik => "blik",
            Self::P24 => "p24",
        }
    }
}

impl Instrument {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { id: world::id("pm_", 24), kind }
    }

    /// What a customer most likely uses where these are taken.
    pub(crate) fn usual(types: &[String]) -> Self {
        match types.first().map(String::as_str) {
            Some("blik") => Self::new(Kind::Blik),
            Some("p24") => Self::new(Kind::P24),
            _ => VISA.used(),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Decline {
    pub(crate) code: String,
    /// The issuer's, `decline_code` at Stripe.
    pub(crate) reason: Option<String>,
    pub(crate) message: String,
}

pub(crate) enum Verdict {
    Approved,
    /// The bank wants to see the customer first: 3-D Secure.
    AsksTheCustomer,
    Declined(Decline),
}

/// A `pm_card_…` name that Stripe knows in test mode.
pub(crate) struct TestCard {
    name: &'static str,
    brand: &'static str,
    last4: &'static str,
    /// A key of [`DECLINES`].
    decline: Option<&'static str>,
}

const fn test_card(
    name: &'static str,
    brand: &'static str,
    last4: &'static str,
    decline: Option<&'static str>,
) -> TestCard {
    TestCard { name, brand, last4, decline }
}

const VISA: TestCard = test_card("pm_card_visa", "visa", "4242", None);

const SECURE: TestCard = test_card("pm_card_threeDSecure2Required", "visa", "3220", None);

const TEST_CARDS: [TestCard; 9] = [
    SECURE,
    VISA,
    test_card("pm_card_mastercard", "mastercard", "4444", None),
    test_card("pm_card_chargeDeclined", "visa", "0002", Some("card_declined")),
    test_card("pm_card_visa_chargeDeclined", "visa", "0002", Some("card_declined")),
    test_card("pm_card_visa_chargeDeclinedInsufficientFunds", "visa", "9995", Some("insufficient_funds")),
    test_card("pm_card_chargeDeclinedExpiredCard", "visa", "0069", Some("expired_card")),
    test_card("pm_card_chargeDeclinedIncorrectCvc", "visa", "0127", Some("incorrect_cvc")),
    test_card("pm_card_chargeDeclinedProcessingError", "visa", "0119", Some("processing_error")),
];

/// What is asked for, then the code, the issuer's reason and the message of the answer.
const DECLINES: [(&str, &str, Option<&str>, &str); 6] = [
    ("card_declined", "card_declined", Some("generic_decline"), "Your card was declined."),
    ("generic_decline", "card_declined", Some("generic_decline"), "Your card was declined."),
    ("insufficient_funds", "card_declined", Some("insufficient_funds"), "Your card has insufficient funds."),
    ("expired_card", "expired_card", None, "Your card has expired."),
    ("incorrect_cvc", "incorrect_cvc", None, "Your card's security code is incorrect."),
    (
        "processing_error",
        "processing_error",
        None,
        "An error occurred while processing your card. Try again in a little bit.",
    ),
];

impl TestCard {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        TEST_CARDS.iter().find(|card| card.name == name)
    }

    pub(crate) fn used(&self) -> Instrument {
        Instrument::new(Kind::Card { brand: self.brand.to_owned(), last4: self.last4.to_owned() })
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if self.name == SECURE.name {
            return Verdict::AsksTheCustomer;
        }
        self.decline.and_then(Decline::coded).map_or(Verdict::Approved, Verdict::Declined)
    }
}

impl Decline {
    pub(crate) fn coded(asked: &str) -> Option<Self> {
        let (_, code, reason, message) = DECLINES.iter().find(|(name, ..)| *name == asked)?;
        Some(Self {
            code: (*code).to_owned(),
            reason: reason.map(str::to_owned),
            message: (*message).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Decline, TEST_CARDS};

    #[test]
    fn every_decline_that_a_test_card_names_exists() {
        for card in &TEST_CARDS {
            assert!(card.decline.is_none_or(|code| Decline::coded(code).is_some()), "{}", card.name);
        }
    }
}

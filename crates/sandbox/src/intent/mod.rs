//! A `PaymentIntent`: what it remembers and how it moves from one state to the next.

mod card;
mod wire;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use card::{Card, Decline, TestCard, Verdict};

use crate::error::ApiError;
use crate::event::EventKind;
use crate::shelf::Shelved;
use crate::world;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) client_secret: String,
    created: u64,
    amount: i64,
    currency: String,
    methods: Methods,
    metadata: BTreeMap<String, String>,
    description: Option<String>,
    receipt_email: Option<String>,
    phase: Phase,
    /// Outlives the phase: a cancelled intent still names the charge that was refused.
    latest_charge: Option<String>,
}

/// What an intent is made from; the API has checked it.
pub(crate) struct Draft {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) methods: Methods,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) description: Option<String>,
    pub(crate) receipt_email: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Methods {
    /// By `payment_method_types`, until it was removed in 2026-09-30.endive.
    Listed(Vec<String>),
    /// By `allowed_payment_method_types`; `usable` are those of them that fit the payment.
    Allowed {
        asked: Vec<String>,
        usable: Vec<String>,
    },
    Automatic(Vec<String>),
}

impl Methods {
    fn types(&self) -> &[String] {
        match self {
            Self::Listed(types) | Self::Automatic(types) | Self::Allowed { usable: types, .. } => types,
        }
    }
}

/// Processing, 3-D Secure and refunds become further variants.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    RequiresPaymentMethod { declined: Option<(Card, Decline)> },
    Succeeded { card: Card },
    Canceled { at: u64, reason: Option<String> },
}

impl Phase {
    fn status(&self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod { .. } => "requires_payment_method",
            Self::Succeeded { .. } => "succeeded",
            Self::Canceled { .. } => "canceled",
        }
    }
}

impl PaymentIntent {
    pub(crate) fn new(draft: Draft) -> Self {
        let id = world::id("pi_", 24);
        Self {
            client_secret: format!("{id}{}", world::id("_secret_", 25)),
            id,
            created: world::now(),
            amount: draft.amount,
            currency: draft.currency,
            methods: draft.methods,
            metadata: draft.metadata,
            description: draft.description,
            receipt_email: draft.receipt_email,
            phase: Phase::RequiresPaymentMethod { declined: None },
            latest_charge: None,
        }
    }

    pub(crate) fn status(&self) -> &'static str {
        self.phase.status()
    }

    pub(crate) fn takes_cards(&self) -> bool {
        self.methods.types().iter().any(|kind| kind == "card")
    }

    pub(crate) fn succeed(&mut self, card: Card) -> Result<EventKind, ApiError> {
        self.still_payable("confirm")?;
        self.latest_charge = Some(world::id("ch_", 24));
        self.phase = Phase::Succeeded { card };
        Ok(EventKind::Succeeded)
    }

    pub(crate) fn decline(&mut self, card: Card, decline: Decline) -> Result<EventKind, ApiError> {
        self.still_payable("confirm")?;
        self.latest_charge = Some(world::id("ch_", 24));
        self.phase = Phase::RequiresPaymentMethod { declined: Some((card, decline)) };
        Ok(EventKind::PaymentFailed)
    }

    pub(crate) fn cancel(&mut self, reason: Option<String>) -> Result<EventKind, ApiError> {
        self.still_payable("cancel")?;
        self.phase = Phase::Canceled { at: world::now(), reason };
        Ok(EventKind::Canceled)
    }

    fn still_payable(&self, verb: &str) -> Result<(), ApiError> {
        match self.phase {
            Phase::RequiresPaymentMethod { .. } => Ok(()),
            Phase::Succeeded { .. } | Phase::Canceled { .. } => Err(self.unexpected_state(format!(
                "You cannot {verb} this PaymentIntent because it has a status of {}.",
                self.status()
            ))),
        }
    }

    pub(crate) fn unexpected_state(&self, message: String) -> ApiError {
        ApiError::unexpected_state(message, self.wire())
    }
}

impl Shelved for PaymentIntent {
    const CAPACITY: usize = 20_000;

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> u64 {
        self.created
    }
}

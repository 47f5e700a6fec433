//! A `PaymentIntent`: what it remembers and how it moves from one state to the next.

mod card;
mod wire;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use card::{Decline, Instrument, Kind, TestCard, Verdict};

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
    #[serde(default)]
    customer: Option<String>,
    /// Stripe's own sandboxes never have it; a test may flip it.
    #[serde(default)]
    livemode: bool,
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
    pub(crate) customer: Option<String>,
}

/// What a test makes of an intent behind everybody's back.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alteration {
    amount: Option<i64>,
    currency: Option<String>,
    livemode: Option<bool>,
    metadata: Option<BTreeMap<String, String>>,
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

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    RequiresPaymentMethod {
        declined: Option<(Instrument, Decline)>,
    },
    /// The customer has to say yes: at the bank, or on her telephone.
    RequiresAction {
        instrument: Instrument,
        redirect: Option<Redirect>,
    },
    /// The bank is at it: it can neither be paid again nor cancelled.
    Processing {
        instrument: Instrument,
    },
    Succeeded {
        instrument: Instrument,
    },
    Canceled {
        at: u64,
        reason: Option<String>,
    },
}

/// Where the customer is sent, and where she comes back to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Redirect {
    pub(crate) url: String,
    pub(crate) return_url: String,
}

impl Phase {
    fn status(&self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod { .. } => "requires_payment_method",
            Self::RequiresAction { .. } => "requires_action",
            Self::Processing { .. } => "processing",
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
            customer: draft.customer,
            livemode: false,
            phase: Phase::RequiresPaymentMethod { declined: None },
            latest_charge: None,
        }
    }

    pub(crate) fn status(&self) -> &'static str {
        self.phase.status()
    }

    pub(crate) fn takes(&self, kind: &Kind) -> bool {
        self.methods.types().iter().any(|taken| taken == kind.name())
    }

    pub(crate) fn customer(&self) -> Option<&str> {
        self.customer.as_deref()
    }

    pub(crate) fn charge(&self) -> Option<&str> {
        self.latest_charge.as_deref()
    }

    /// What there is to give back, if it was ever taken.
    pub(crate) fn received(&self) -> i64 {
        if matches!(self.phase, Phase::Succeeded { .. }) { self.amount } else { 0 }
    }

    pub(crate) fn currency(&self) -> &str {
        &self.currency
    }

    /// What the customer is paying with, or most likely would.
    pub(crate) fn instrument(&self) -> Instrument {
        match &self.phase {
            Phase::RequiresAction { instrument, .. }
            | Phase::Processing { instrument }
            | Phase::Succeeded { instrument } => instrument.clone(),
            Phase::RequiresPaymentMethod { .. } | Phase::Canceled { .. } => {
                Instrument::usual(self.methods.types())
            }
        }
    }

    pub(crate) fn alter(&mut self, to: Alteration) {
        let Alteration { amount, currency, livemode, metadata } = to;
        self.amount = amount.unwrap_or(self.amount);
        self.livemode = livemode.unwrap_or(self.livemode);
        if let Some(currency) = currency {
            self.currency = currency;
        }
        if let Some(metadata) = metadata {
            self.metadata = metadata;
        }
    }

    pub(crate) fn require_action(
        &mut self,
        instrument: Instrument,
        redirect: Option<Redirect>,
    ) -> Result<EventKind, ApiError> {
        self.still_open("confirm")?;
        self.phase = Phase::RequiresAction { instrument, redirect };
        Ok(EventKind::RequiresAction)
    }

    pub(crate) fn process(&mut self, instrument: Instrument) -> Result<EventKind, ApiError> {
        self.still_open("confirm")?;
        self.latest_charge = Some(world::id("ch_", 24));
        self.phase = Phase::Processing { instrument };
        Ok(EventKind::Processing)
    }

    pub(crate) fn succeed(&mut self, instrument: Instrument) -> Result<EventKind, ApiError> {
        self.unsettled("confirm")?;
        self.latest_charge.get_or_insert_with(|| world::id("ch_", 24));
        self.phase = Phase::Succeeded { instrument };
        Ok(EventKind::Succeeded)
    }

    pub(crate) fn decline(
        &mut self,
        instrument: Instrument,
        decline: Decline,
    ) -> Result<EventKind, ApiError> {
        self.unsettled("confirm")?;
        self.latest_charge = Some(world::id("ch_", 24));
        self.phase = Phase::RequiresPaymentMethod { declined: Some((instrument, decline)) };
        Ok(EventKind::PaymentFailed)
    }

    pub(crate) fn cancel(&mut self, reason: Option<String>) -> Result<EventKind, ApiError> {
        self.still_open("cancel")?;
        self.phase = Phase::Canceled { at: world::now(), reason };
        Ok(EventKind::Canceled)
    }

    /// The customer and the shop may still do something about it.
    fn still_open(&self, verb: &str) -> Result<(), ApiError> {
        match self.phase {
            Phase::Processing { .. } => Err(self.cannot(verb)),
            _ => self.unsettled(verb),
        }
    }

    /// How it ends is not decided.
    fn unsettled(&self, verb: &str) -> Result<(), ApiError> {
        match self.phase {
            Phase::Succeeded { .. } | Phase::Canceled { .. } => Err(self.cannot(verb)),
            _ => Ok(()),
        }
    }

    fn cannot(&self, verb: &str) -> ApiError {
        self.unexpected_state(format!(
            "You cannot {verb} this PaymentIntent because it has a status of {}.",
            self.status()
        ))
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

//! Customers, and the cards that they saved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{intent::Instrument, shelf::Shelved, world};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    created: u64,
    metadata: BTreeMap<String, String>,
}

impl Customer {
    pub(crate) fn new(metadata: BTreeMap<String, String>) -> Self {
        Self { id: world::id("cus_", 14), created: world::now(), metadata }
    }

    pub(crate) fn wire(&self) -> Value {
        json!({
            "id": self.id,
            "object": "customer",
            "created": self.created,
            "livemode": false,
            "metadata": self.metadata,
        })
    }
}

/// A payment method that stays with a customer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) instrument: Instrument,
    created: u64,
    pub(crate) customer: String,
}

impl Saved {
    pub(crate) fn new(instrument: Instrument, customer: String) -> Self {
        Self { instrument, created: world::now(), customer }
    }

    pub(crate) fn wire(&self) -> Value {
        self.instrument.wire(self.created, Some(&self.customer))
    }
}

/// The way to save one.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SetupIntent {
    pub(crate) id: String,
    pub(crate) client_secret: String,
    created: u64,
    pub(crate) customer: String,
    /// What came of it.
    pub(crate) saved: Option<String>,
}

impl SetupIntent {
    pub(crate) fn new(customer: String) -> Self {
        let id = world::id("seti_", 24);
        Self {
            client_secret: format!("{id}{}", world::id("_secret_", 25)),
            id,
            created: world::now(),
            customer,
            saved: None,
        }
    }

    pub(crate) fn wire(&self) -> Value {
        let status = if self.saved.is_some() { "succeeded" } else { "requires_payment_method" };
        json!({
            "id": self.id,
            "object": "setup_intent",
            "client_secret": self.client_secret,
            "created": self.created,
            "customer": self.customer,
            "livemode": false,
            "metadata": {},
            "next_action": null,
            "payment_method": self.saved,
            "payment_method_types": ["card"],
            "status": status,
            "usage": "off_session",
        })
    }
}

macro_rules! shelved {
    ($($kind:ty: $id:ident $(. $more:ident)*);+ $(;)?) => {$(
        impl Shelved for $kind {
            const CAPACITY: usize = 20_000;

            fn id(&self) -> &str {
                &self.$id$(.$more)*
            }

            fn created(&self) -> u64 {
                self.created
            }
        }
    )+};
}

shelved! {
    Customer: id;
    Saved: instrument.id;
    SetupIntent: id;
}

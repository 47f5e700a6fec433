//! A `PaymentIntent` as Stripe writes it (<https://docs.stripe.com/api/payment_intents/object>).

use serde_json::{Value, json};

use super::{Decline, Instrument, Kind, Methods, PaymentIntent, Phase};

impl PaymentIntent {
    pub(crate) fn wire(&self) -> Value {
        let payment_method = match &self.phase {
            Phase::Succeeded { instrument }
            | Phase::Processing { instrument }
            | Phase::RequiresAction { instrument, .. } => Some(&instrument.id),
            Phase::RequiresPaymentMethod { .. } | Phase::Canceled { .. } => None,
        };
        let (canceled_at, cancellation_reason) = match &self.phase {
            Phase::Canceled { at, reason } => (Some(at), reason.as_ref()),
            _ => (None, None),
        };
        json!({
            "id": self.id,
            "object": "payment_intent",
            "allowed_payment_method_types": self.allowed_payment_method_types(),
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_details": { "tip": {} },
            "amount_received": self.received(),
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": self.automatic_payment_methods(),
            "canceled_at": canceled_at,
            "cancellation_reason": cancellation_reason,
            "capture_method": "automatic_async",
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "last_payment_error": self.last_payment_error(),
            "latest_charge": self.latest_charge,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "next_action": self.next_action(),
            "on_behalf_of": null,
            "payment_method": payment_method,
            "payment_method_options": {},
            "payment_method_types": self.methods.types(),
            "processing": null,
            "receipt_email": self.receipt_email,
            "review": null,
            "setup_future_usage": null,
            "shipping": null,
            "source": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status(),
            "transfer_data": null,
            "transfer_group": null,
        })
    }

    /// What a holder of the publishable key is shown: not what the shop wrote for itself.
    pub(crate) fn public_wire(&self) -> Value {
        let mut wire = self.wire();
        if let Value::Object(fields) = &mut wire {
            fields.remove("metadata");
            fields.remove("latest_charge");
        }
        wire
    }

    pub(crate) fn last_payment_error(&self) -> Value {
        match &self.phase {
            Phase::RequiresPaymentMethod { declined: Some((instrument, decline)) } => {
                decline.wire(instrument, self.latest_charge.as_deref(), self.created)
            }
            _ => Value::Null,
        }
    }

    fn next_action(&self) -> Value {
        match &self.phase {
            Phase::RequiresAction { redirect: Some(redirect), .. } => {
                json!({ "type": "redirect_to_url", "redirect_to_url": redirect })
            }
            Phase::RequiresAction { instrument: Instrument { kind: Kind::Blik, .. }, .. } => {
                json!({ "type": "blik_authorize", "blik_authorize": {} })
            }
            Phase::RequiresAction { .. } => json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} }),
            _ => Value::Null,
        }
    }

    fn automatic_payment_methods(&self) -> Value {
        match self.methods {
            Methods::Automatic(_) => json!({ "allow_redirects": "always", "enabled": true }),
            Methods::Listed(_) | Methods::Allowed { .. } => Value::Null,
        }
    }

    fn allowed_payment_method_types(&self) -> Option<&[String]> {
        match &self.methods {
            Methods::Allowed { asked, .. } => Some(asked),
            Methods::Listed(_) | Methods::Automatic(_) => None,
        }
    }
}

impl Decline {
    fn wire(&self, instrument: &Instrument, charge: Option<&str>, created: u64) -> Value {
        let mut error = json!({
            "type": "card_error",
            "code": self.code,
            "message": self.message,
            "charge": charge,
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", self.code),
            "payment_method": instrument.wire(created, None),
        });
        // Stripe leaves the field away where the issuer gave no reason.
        if let Some(reason) = &self.reason {
            error["decline_code"] = json!(reason);
        }
        error
    }
}

impl Instrument {
    pub(crate) fn wire(&self, created: u64, customer: Option<&str>) -> Value {
        let kind = self.kind.name();
        let details = match &self.kind {
            Kind::Card { brand, last4 } => json!({
                "brand": brand,
                "country": "PL",
                "exp_month": 12,
                "exp_year": 2034,
                "funding": "credit",
                "last4": last4,
            }),
            Kind::Blik => json!({}),
            Kind::P24 => json!({ "bank": "mbank_mtransfer" }),
        };
        json!({
            "id": self.id,
            "object": "payment_method",
            "type": kind,
            "created": created,
            "customer": customer,
            "livemode": false,
            "metadata": {},
            "billing_details": { "address": null, "email": null, "name": null, "phone": null, "tax_id": null },
            kind: details,
        })
    }
}

//! From the port's words into Stripe's and back.

use std::collections::HashMap;
use std::str::FromStr;

use payment::ports::{Intent, IntentStatus, Method, NewIntent, NextAction, ProviderError};
use stripe_core::payment_intent::CreatePaymentIntent;
use stripe_core::{PaymentIntent, PaymentIntentAllowedPaymentMethodTypes, PaymentIntentStatus};

/// # Errors
/// What is not paid at the provider.
pub(crate) fn creation(new: &NewIntent) -> Result<CreatePaymentIntent, ProviderError> {
    let currency = new.amount.currency().code().to_ascii_lowercase();
    let Ok(currency) = parsed_as(|intent| &intent.currency, &currency);
    let creation = CreatePaymentIntent::new(new.amount.amount(), currency)
        .allowed_payment_method_types([method(new.method)?])
        .metadata(HashMap::from([
            ("order_id".to_owned(), new.order.to_string()),
            ("payment_id".to_owned(), new.payment.to_string()),
        ]));
    Ok(match &new.customer {
        Some(customer) => creation.customer(customer),
        None => creation,
    })
}

/// `payment_method_types` is gone since 2026-09-30.endive, the version that the SDK speaks.
fn method(method: Method) -> Result<PaymentIntentAllowedPaymentMethodTypes, ProviderError> {
    match method {
        Method::Card => Ok(PaymentIntentAllowedPaymentMethodTypes::Card),
        Method::Blik => Ok(PaymentIntentAllowedPaymentMethodTypes::Blik),
        Method::P24 => Ok(PaymentIntentAllowedPaymentMethodTypes::P24),
        Method::BankTransfer => Err(ProviderError::Refused {
            code: "payment_method_not_available".to_owned(),
            message: "money by transfer comes without the provider".to_owned(),
        }),
    }
}

/// Parses into the type of a field. That of `currency` lives in a crate of the SDK that this one does
/// not depend on, so it cannot be named here.
fn parsed_as<T: FromStr>(_field: fn(&PaymentIntent) -> &T, text: &str) -> Result<T, T::Err> {
    text.parse()
}

/// # Errors
/// A status that did not exist when this was written says nothing about the money.
pub(crate) fn intent(intent: PaymentIntent) -> Result<Intent, ProviderError> {
    let status = status(&intent.status)?;
    let failure = intent.last_payment_error.and_then(|error| error.code).map(|code| code.to_string());
    Ok(Intent {
        id: intent.id.to_string(),
        status,
        amount: intent.amount,
        received: intent.amount_received,
        currency: intent.currency.to_string().to_ascii_lowercase(),
        order: intent.metadata.get("order_id").and_then(|id| id.parse().ok()),
        client_secret: intent.client_secret,
        next_action: intent.next_action.map(|action| NextAction {
            kind: action.type_,
            url: action.redirect_to_url.and_then(|redirect| redirect.url),
        }),
        livemode: intent.livemode,
        failure,
    })
}

fn status(status: &PaymentIntentStatus) -> Result<IntentStatus, ProviderError> {
    match status {
        // Either way the customer has not committed to a payment yet.
        PaymentIntentStatus::RequiresPaymentMethod | PaymentIntentStatus::RequiresConfirmation => {
            Ok(IntentStatus::RequiresPaymentMethod)
        }
        PaymentIntentStatus::RequiresAction => Ok(IntentStatus::RequiresAction),
        // Never asked for here. Were it to happen, the money is set aside and may still be taken.
        PaymentIntentStatus::Processing | PaymentIntentStatus::RequiresCapture => {
            Ok(IntentStatus::Processing)
        }
        PaymentIntentStatus::Succeeded => Ok(IntentStatus::Succeeded),
        PaymentIntentStatus::Canceled => Ok(IntentStatus::Canceled),
        other => Err(ProviderError::Unknown(format!("Stripe answered with the status {}", other.as_str()))),
    }
}

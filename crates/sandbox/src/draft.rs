//! Reads and checks the parameters that an intent is made from.

use std::collections::BTreeMap;

use crate::error::ApiError;
use crate::form::{Form, Reader};
use crate::intent::{Draft, Methods};

/// Eight digits (<https://docs.stripe.com/api/payment_intents/create>).
const LARGEST_AMOUNT: i64 = 99_999_999;
const METHODS: [&str; 3] = ["card", "blik", "p24"];
const LISTED: &str = "payment_method_types";
const ALLOWED: &str = "allowed_payment_method_types";
const CANCELLATION_REASONS: [&str; 4] = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];

/// Stripe knows these, the stand-in does not yet.
const UNSUPPORTED: [&str; 15] = [
    "capture_method",
    "confirm",
    "confirmation_method",
    "confirmation_token",
    "expand",
    "mandate_data",
    "off_session",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "return_url",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
];

/// The `Stripe-Version` of a request, such as `2026-09-30.endive`; without one the oldest is assumed.
#[derive(Clone, Copy)]
pub(crate) struct Version<'a>(pub(crate) &'a str);

impl Version<'_> {
    /// <https://docs.stripe.com/changelog/endive/2026-09-30/removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents>
    fn has_removed(self, param: &str) -> bool {
        param == LISTED && self.0 >= "2026-09-30"
    }
}

pub(crate) fn read(form: &Form, version: Version<'_>) -> Result<Draft, ApiError> {
    let mut reader = form.reader();
    let amount = reader.integer("amount")?.ok_or_else(|| ApiError::missing_parameter("amount"))?;
    let currency = currency(reader.required("currency")?)?;
    let draft = Draft {
        amount: in_range(amount, &currency)?,
        methods: methods(&mut reader, version, &currency)?,
        currency,
        metadata: metadata(&mut reader)?,
        description: reader.text("description").map(str::to_owned),
        receipt_email: reader.text("receipt_email").map(str::to_owned),
        customer: reader.text("customer").map(str::to_owned),
    };
    reader.finish(&UNSUPPORTED)?;
    Ok(draft)
}

pub(crate) fn cancellation_reason(reason: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(reason) = reason else { return Ok(None) };
    if CANCELLATION_REASONS.contains(&reason) {
        return Ok(Some(reason.to_owned()));
    }
    let message = format!("Invalid cancellation_reason: must be one of {}", CANCELLATION_REASONS.join(", "));
    Err(ApiError::parameter("cancellation_reason", "parameter_invalid", message))
}

fn currency(text: &str) -> Result<String, ApiError> {
    if text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_lowercase()) {
        return Ok(text.to_owned());
    }
    let message = format!("Invalid currency: {text}. It is a three-letter ISO code in lower case.");
    Err(ApiError::parameter("currency", "parameter_invalid", message))
}

/// The least that Stripe takes (<https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>).
fn in_range(amount: i64, currency: &str) -> Result<i64, ApiError> {
    let least = if currency == "pln" { 200 } else { 50 };
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        Err(ApiError::parameter("amount", "parameter_invalid_integer", message))
    } else if amount < least {
        let message = format!("Amount must be no less than {least} in the smallest unit of {currency}");
        Err(ApiError::parameter("amount", "amount_too_small", message))
    } else if amount > LARGEST_AMOUNT {
        let message = format!("Amount must be no more than {LARGEST_AMOUNT}");
        Err(ApiError::parameter("amount", "amount_too_large", message))
    } else {
        Ok(amount)
    }
}

fn methods(reader: &mut Reader<'_>, version: Version<'_>, currency: &str) -> Result<Methods, ApiError> {
    let listed = known(LISTED, reader.list(LISTED))?;
    let asked = known(ALLOWED, reader.list(ALLOWED))?;
    let automatic = reader.text("automatic_payment_methods[enabled]") == Some("true");
    let _ = reader.text("automatic_payment_methods[allow_redirects]");
    if !listed.is_empty() && version.has_removed(LISTED) {
        let message = format!("{LISTED} is no longer supported. Use {ALLOWED} instead.");
        return Err(ApiError::parameter(LISTED, "payment_method_types_no_longer_supported", message));
    }
    match (automatic, listed.is_empty(), asked.is_empty()) {
        (false, false, true) => Ok(Methods::Listed(listed)),
        (false, true, false) => usable(asked, currency),
        // Without a word about methods Stripe chooses them itself.
        (_, true, true) => Ok(Methods::Automatic(METHODS.map(str::to_owned).into())),
        _ => {
            let message =
                format!("You may only specify one of: automatic_payment_methods, {LISTED}, {ALLOWED}.");
            Err(ApiError::parameter(ALLOWED, "parameter_invalid", message))
        }
    }
}

fn known(param: &str, types: Vec<&str>) -> Result<Vec<String>, ApiError> {
    if let Some(unknown) = types.iter().find(|kind| !METHODS.contains(kind)) {
        let message = format!("The payment method type \"{unknown}\" is invalid.");
        return Err(ApiError::parameter(param, "payment_intent_invalid_parameter", message));
    }
    Ok(types.into_iter().map(str::to_owned).collect())
}

/// Stripe leaves out in silence what does not fit the currency, as long as something is left
/// (<https://docs.stripe.com/changelog/dahlia/2026-07-29/allowed-payment-method-types-parameter>).
fn usable(asked: Vec<String>, currency: &str) -> Result<Methods, ApiError> {
    let fits = |kind: &&String| match kind.as_str() {
        "blik" => currency == "pln",
        "p24" => currency == "pln" || currency == "eur",
        _ => true,
    };
    let usable: Vec<String> = asked.iter().filter(fits).cloned().collect();
    if usable.is_empty() {
        let message = format!("None of the allowed payment method types can be used with {currency}.");
        return Err(ApiError::parameter(ALLOWED, "payment_intent_invalid_parameter", message));
    }
    Ok(Methods::Allowed { asked, usable })
}

/// Limits: <https://docs.stripe.com/api/metadata>.
pub(crate) fn metadata(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>, ApiError> {
    let metadata = reader.map("metadata");
    let too_much = metadata.len() > 50
        || metadata.iter().any(|(key, value)| key.chars().count() > 40 || value.chars().count() > 500);
    if too_much {
        let message = "Metadata can have up to 50 keys of up to 40 characters, and values of up to 500.";
        return Err(ApiError::parameter("metadata", "parameter_invalid", message));
    }
    Ok(metadata)
}

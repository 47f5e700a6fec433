//! What the shop says to people, in Turkish, English and Polish.
//!
//! Texts are Fluent files, `locales/{tr,en,pl}/*.ftl`, embedded; a message's id is the code of the error, or the
//! name of the text message. A message missing in one language is looked up in the next of tr → en → pl.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use kernel::{Language, Params};
use serde_json::Value;
use unic_langid::LanguageIdentifier;

/// Every file of every locale. Kept by hand: adding one here is what adds it to the shop.
const FILES: &[(Language, &str)] = &[
    (Language::Tr, include_str!("../locales/tr/errors.ftl")),
    (Language::Tr, include_str!("../locales/tr/sms.ftl")),
    (Language::Tr, include_str!("../locales/tr/user.ftl")),
    (Language::En, include_str!("../locales/en/errors.ftl")),
    (Language::En, include_str!("../locales/en/sms.ftl")),
    (Language::En, include_str!("../locales/en/user.ftl")),
    (Language::Pl, include_str!("../locales/pl/errors.ftl")),
    (Language::Pl, include_str!("../locales/pl/sms.ftl")),
    (Language::Pl, include_str!("../locales/pl/user.ftl")),
];

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<Vec<(Language, Bundle)>> =
    LazyLock::new(|| Language::ALL.into_iter().map(|language| (language, bundle(language))).collect());

/// The text of `id` in `language`, or in the next language that has it; `None` when none does.
///
/// Numbers are given as they are and written in the language's way; lists and objects are left out.
pub fn message(language: Language, id: &str, params: &Params) -> Option<String> {
    let mut args = FluentArgs::new();
    for (name, value) in params {
        if let Some(value) = fluent(value) {
            args.set(name.clone(), value);
        }
    }
    let preferred = BUNDLES.iter().filter(|(l, _)| *l == language);
    let others = BUNDLES.iter().filter(|(l, _)| *l != language);
    preferred.chain(others).find_map(|(_, bundle)| {
        let pattern = bundle.get_message(id)?.value()?;
        Some(bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
    })
}

/// A money value `{amount, currency}` becomes `29,99 zł`; other shapes as themselves.
fn fluent(value: &Value) -> Option<FluentValue<'static>> {
    match value {
        Value::String(s) => Some(s.clone().into()),
        Value::Number(n) => n.as_i64().map(FluentValue::from),
        Value::Object(o) => {
            let amount = o.get("amount")?.as_i64()?;
            Some(format!("{},{:02} zł", amount / 100, (amount % 100).abs()).into())
        }
        _ => None,
    }
}

fn bundle(language: Language) -> Bundle {
    let id: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Marks around inserted values help renderers of mixed scripts and confuse text messages; all of ours is Latin.
    bundle.set_use_isolating(false);
    for (_, text) in FILES.iter().filter(|(l, _)| *l == language) {
        // A line that cannot be read is dropped here and found by the tests.
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(partial, _)| partial);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

#[cfg(test)]
mod tests;

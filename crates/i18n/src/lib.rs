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
    let preferred = BUNDLES.iter().filter(|(l, _)| *l == language);
    let others = BUNDLES.iter().filter(|(l, _)| *l != language);
    preferred.chain(others).find_map(|(language, bundle)| {
        let pattern = bundle.get_message(id)?.value()?;
        let mut args = FluentArgs::new();
        for (name, value) in params {
            if let Some(value) = fluent(*language, value) {
                args.set(name.clone(), value);
            }
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        // A text that is not given what it names would show people `{$name}`.
        debug_assert!(errors.is_empty(), "{id} in {}: {errors:?}", language.code());
        Some(text)
    })
}

/// A money value `{amount, currency}` becomes a price as the language writes it; other shapes as themselves.
fn fluent(language: Language, value: &Value) -> Option<FluentValue<'static>> {
    match value {
        Value::String(s) => Some(s.clone().into()),
        Value::Number(n) => n.as_i64().map(FluentValue::from),
        Value::Object(o) => Some(zloty(language, o.get("amount")?.as_i64()?).into()),
        _ => None,
    }
}

/// `29,99 zł`, in English `29.99 zł`; a debt is `-0,05 zł`.
fn zloty(language: Language, grosz: i64) -> String {
    let sign = if grosz < 0 { "-" } else { "" };
    let point = if language == Language::En { '.' } else { ',' };
    let grosz = grosz.unsigned_abs();
    format!("{sign}{}{point}{:02} zł", grosz / 100, grosz % 100)
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

//! Every file can be read, and messages say what they are given.

use fluent_bundle::FluentResource;
use kernel::Language;
use serde_json::json;

use crate::{FILES, message, zloty};

#[test]
fn every_line_of_every_file_can_be_read() {
    for (language, text) in FILES {
        if let Err((_, errors)) = FluentResource::try_new((*text).to_owned()) {
            panic!("{}: {errors:?}", language.code());
        }
    }
}

#[test]
fn a_message_speaks_the_callers_language_and_names_the_numbers() {
    let params = json!({ "minQuantity": 6 });
    let params = params.as_object().unwrap();
    for (language, expected) in [
        (Language::Tr, "Bu üründen en az 6 adet almalısınız."),
        (Language::En, "You have to take at least 6 of this product."),
        (Language::Pl, "Minimalna liczba sztuk tego produktu to 6."),
    ] {
        assert_eq!(message(language, "MIN_QUANTITY", params).as_deref(), Some(expected));
    }
}

#[test]
fn money_is_written_as_people_write_it() {
    let params = json!({ "required": { "amount": 20000, "currency": "PLN" }, "current": { "amount": 1905, "currency": "PLN" } });
    for (language, required, current) in [
        (Language::Tr, "200,00 zł", "19,05 zł"),
        (Language::En, "200.00 zł", "19.05 zł"),
        (Language::Pl, "200,00 zł", "19,05 zł"),
    ] {
        let text = message(language, "MINIMUM_ORDER", params.as_object().unwrap()).unwrap();
        assert!(text.contains(required) && text.contains(current), "{text}");
    }
}

#[test]
fn a_negative_amount_has_its_sign_in_front() {
    for (grosz, expected) in
        [(-5, "-0,05 zł"), (-2_999, "-29,99 zł"), (0, "0,00 zł"), (i64::MIN, "-92233720368547758,08 zł")]
    {
        assert_eq!(zloty(Language::Pl, grosz), expected);
        assert_eq!(zloty(Language::En, grosz), expected.replace(',', "."));
    }
}

#[test]
#[should_panic(expected = "MIN_QUANTITY in en")]
fn a_text_that_is_not_given_what_it_names_is_found_by_tests() {
    message(Language::En, "MIN_QUANTITY", &serde_json::Map::new());
}

#[test]
fn an_unknown_message_is_none() {
    assert_eq!(message(Language::Pl, "NO_SUCH_CODE", &serde_json::Map::new()), None);
}

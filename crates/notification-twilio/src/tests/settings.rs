//! What a sender can be built from.

use crate::{AccountSid, AuthToken, BaseUrl, Origin};

#[test]
fn a_text_comes_from_a_number_a_name_or_a_service() {
    let service = "MG0123456789abcdef0123456789ABCDEF";
    for (text, origin) in [
        ("+48501502503", Origin::Number("+48501502503".to_owned())),
        ("Metropol PL", Origin::Name("Metropol PL".to_owned())),
        ("4you", Origin::Name("4you".to_owned())),
        (service, Origin::Service(service.to_owned())),
    ] {
        assert_eq!(text.parse(), Ok(origin), "{text}");
    }
    // Eleven letters are the most; a name of digits alone would be a number; Ł is not in it.
    for wrong in [
        "",
        "Metropolitan",
        "123456",
        "Metropoł",
        "MG0123456789abcdef0123456789abcde",
        "+48 501",
        "a_b!",
        "501502503",
    ] {
        assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
    }
}

#[test]
fn an_account_is_named_by_its_sid() {
    assert!("AC0123456789abcdef0123456789abcdef".parse::<AccountSid>().is_ok());
    for wrong in ["", "AC", "SK0123456789abcdef0123456789abcdef", "AC0123456789abcdef0123456789abcde/"] {
        assert!(wrong.parse::<AccountSid>().is_err(), "{wrong}");
    }
}

#[test]
fn the_address_is_a_scheme_and_a_host() {
    for (text, encrypted) in [
        ("https://api.twilio.com", true),
        ("https://api.twilio.com/", true),
        ("http://127.0.0.1:8080", false),
    ] {
        assert_eq!(text.parse::<BaseUrl>().unwrap().is_encrypted(), encrypted, "{text}");
    }
    for wrong in
        ["", "api.twilio.com", "ftp://a.b", "https://api.twilio.com/2010", "https://u:p@a.b", "https://"]
    {
        assert!(wrong.parse::<BaseUrl>().is_err(), "{wrong}");
    }
}

#[test]
fn a_token_shows_itself_neither_when_it_is_right_nor_when_it_is_wrong() {
    let token: AuthToken = "0123456789abcdef".parse().unwrap();
    assert_eq!(format!("{token:?}"), "[redacted]");
    for wrong in ["", "a b", "zażółć", "line\nbreak"] {
        let refused = wrong.parse::<AuthToken>().unwrap_err();
        assert_eq!(refused.to_string(), "must be the auth token of the account");
    }
}

//! What recipients read.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::identity::CodeRequested;
use kernel::{Clock as _, Language, id::ChallengeId};

use super::{code_text, has_expired};

/// The basic letters of GSM 03.38, as far as a shop's texts may want them.
const GSM_7: &str = "@£$¥èéùìòÇØøÅå_ÆæßÉ!\"#%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà \n";

fn requested(language: Language, now: DateTime<Utc>) -> CodeRequested {
    CodeRequested {
        challenge_id: ChallengeId::generate(now),
        phone: "+48501502503".to_owned(),
        code: "012345".to_owned(),
        language,
        expires_in_minutes: 5,
    }
}

#[test]
fn each_language_has_its_own_text_that_fits_one_message() {
    let now = testkit::clock().now();
    let texts: Vec<String> =
        Language::ALL.into_iter().map(|language| code_text(&requested(language, now)).unwrap()).collect();
    for text in &texts {
        assert!(text.contains("012345") && text.contains('5'), "{text}");
        assert!(text.chars().count() <= 160, "{text}");
        let foreign: String =
            text.chars().filter(|c| !c.is_ascii_alphanumeric() && !GSM_7.contains(*c)).collect();
        assert_eq!(foreign, "", "{text}");
    }
    assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2]);
}

#[test]
fn a_code_expires_five_minutes_after_its_challenge_was_made() {
    let now = testkit::clock().now();
    let code = requested(Language::Tr, now);
    assert!(!has_expired(&code, now));
    assert!(!has_expired(&code, now + TimeDelta::seconds(299)));
    assert!(has_expired(&code, now + TimeDelta::seconds(300)));
}

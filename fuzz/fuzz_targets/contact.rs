//! Phone numbers, tax numbers and addresses of mail: what is taken has its shape, and reads the same when read again.
#![no_main]

use kernel::{Email, Nip, Phone};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(phone) = text.parse::<Phone>() {
        let digits = phone.as_str().strip_prefix('+').expect("E.164 begins with a plus");
        assert!((8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
        assert_eq!(phone.as_str().parse(), Ok(phone.clone()));
        assert!(!format!("{phone:?}").contains(digits));
    }
    if let Ok(nip) = text.parse::<Nip>() {
        assert!(nip.as_str().len() == 10 && nip.as_str().bytes().all(|b| b.is_ascii_digit()));
        assert_eq!(nip.as_str().parse(), Ok(nip));
    }
    if let Ok(email) = text.parse::<Email>() {
        assert!(!email.as_str().contains(['\r', '\n', ' ', '<', '>']));
        assert_eq!(email.as_str().parse(), Ok(email));
    }
});

//! http-kit → i18n: the texts of errors.

use http_kit::Messages;
use kernel::{Language, Params};

pub(crate) struct FluentMessages;

impl Messages for FluentMessages {
    fn message(&self, language: Language, code: &str, params: &Params) -> Option<String> {
        i18n::message(language, code, params)
    }
}

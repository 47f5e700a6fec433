//! Notification's routes; so far only those of development.

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::mailbox::http as mailbox;

/// To be mounted outside production only. Expects a `Data<Mailbox>`.
pub fn dev_routes() -> Routes {
    Routes::new().get("/dev/sms", Limit::None, mailbox::list_sms)
}

/// The document of [`dev_routes`].
#[derive(Debug, OpenApi)]
#[openapi(paths(mailbox::list_sms))]
pub struct DevApiDoc;

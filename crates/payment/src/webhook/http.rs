//! `POST /stripe/webhook`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use http_kit::{ApiError, Failure, Raw, SignedByProvider};

use crate::{PaymentError, PaymentService, WebhookSecrets};

/// Events of the payment provider.
///
/// Answered 200 once stored; worked on afterwards. What cannot be stored is answered 503, so that it is sent again.
#[utoipa::path(
    post, path = "/stripe/webhook", tag = "payments", operation_id = "receiveStripeEvent",
    request_body(content = Object, description = "A Stripe event, as Stripe sends it", content_type = "application/json"),
    params(("Stripe-Signature" = String, Header, description = "`t=…,v1=…`")),
    responses(
        (status = 200, description = "Stored"),
        (status = 400, body = Failure, description = "`SIGNATURE_INVALID`"),
        (status = 503, body = Failure, description = "Not stored; send it again"),
    ),
)]
pub(crate) async fn receive(
    _: SignedByProvider,
    payments: Data<PaymentService>,
    secrets: Data<WebhookSecrets>,
    req: HttpRequest,
    Raw(body): Raw,
) -> Result<HttpResponse, ApiError> {
    let now = payments.clock.now();
    let signature = req.headers().get("stripe-signature").and_then(|h| h.to_str().ok()).unwrap_or_default();
    if !secrets.verify(signature, &body, now) {
        return Err(PaymentError::Signature.into());
    }
    payments.receive(&body, now).await?;
    Ok(HttpResponse::Ok().finish())
}

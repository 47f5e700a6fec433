//! The outermost middleware: request id, client address, span, metrics, what failures say, and the headers every answer
//! carries.

use std::{
    cell::RefCell,
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
};
use foldhash::fast::RandomState;
use http_kit::{Endpoint, RequestContext, RequestId, failures};
use kernel::Clock;
use metrics::Histogram;
use tracing::Instrument as _;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
static NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
static NO_FRAMES: HeaderValue = HeaderValue::from_static("frame-ancestors 'none'");

/// What the middleware goes by.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) trusted_proxies: usize,
    /// Tells browsers to come by TLS only; for production.
    pub(crate) hsts: bool,
}

impl Edge {
    pub(crate) async fn wrap<B: MessageBody + 'static>(
        &self,
        req: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse, Error> {
        let started = Instant::now();
        let given = req.headers().get(&X_REQUEST_ID).and_then(|v| v.to_str().ok());
        let id = RequestId::accept_or_make(given, self.clock.now());
        let address = client_address(req.headers(), req.peer_addr().map(|a| a.ip()), self.trusted_proxies);
        RequestContext::new(id, address).attach(&req);
        let span = tracing::info_span!("request", request.id = id.as_str(), method = req.method().as_str());
        let mut res = failures(req, next).instrument(span.clone()).await?;

        let endpoint = RequestContext::read(res.request(), |context| context.endpoint).flatten();
        let elapsed = started.elapsed();
        observe(endpoint, res.status().as_u16(), elapsed.as_secs_f64());
        span.in_scope(|| {
            let (route, status) = (endpoint.map(|e| e.path), res.status().as_u16());
            let micros = elapsed.as_micros();
            // The reads of a busy shop would drown everything else.
            if status < 400 && endpoint.is_some_and(|e| e.method == "GET") {
                tracing::debug!(route, status, micros, "answered");
            } else {
                tracing::info!(route, status, micros, "answered");
            }
        });
        self.put_headers(res.headers_mut(), id);
        Ok(res)
    }

    fn put_headers(&self, headers: &mut HeaderMap, id: RequestId) {
        if let Ok(id) = HeaderValue::from_str(id.as_str()) {
            headers.insert(X_REQUEST_ID.clone(), id);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF.clone());
        headers.insert(header::REFERRER_POLICY, NO_REFERRER.clone());
        // Beside what a route has said itself, not in its place: browsers hold to every one of several policies.
        headers.append(header::CONTENT_SECURITY_POLICY, NO_FRAMES.clone());
        if self.hsts {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
    }
}

/// By route template, never by path: paths hold ids, and each label value is kept for ever.
fn observe(endpoint: Option<Endpoint>, status: u16, seconds: f64) {
    let (method, route) = endpoint.map_or(("other", "unmatched"), |e| (e.method, e.path));
    let status = match status {
        100..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    thread_local! {
        /// Finding a histogram by its labels takes longer than writing into it. As many as there are routes and classes.
        static KNOWN: RefCell<HashMap<Labels, Histogram, RandomState>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        let labels = (method, route, status);
        let histogram = known.entry(labels).or_insert_with(|| {
            let name = "http_request_duration_seconds";
            metrics::histogram!(name, "method" => method, "route" => route, "status" => status)
        });
        histogram.record(seconds);
    });
}

/// Method, route, class of the status.
type Labels = (&'static str, &'static str, &'static str);

/// The address that the outermost of our own proxies saw. Hops beyond them can be written by anybody.
fn client_address(headers: &HeaderMap, peer: Option<IpAddr>, trusted: usize) -> Option<IpAddr> {
    if trusted == 0 {
        return peer;
    }
    let hops = headers.get_all("x-forwarded-for").filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let hops: Vec<&str> = hops.map(str::trim).collect();
    let seen = hops.len().checked_sub(trusted).and_then(|at| hops.get(at)).or(hops.first());
    seen.and_then(|hop| address_of(hop)).or(peer)
}

/// Some proxies write the port with the address.
fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse().ok().map(|with_port: SocketAddr| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(forwarded: &[&str], trusted: usize) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        client_address(&headers, "10.0.0.1".parse().ok(), trusted).unwrap().to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        assert_eq!(seen(&["1.1.1.1"], 0), "10.0.0.1", "nobody is trusted");
        assert_eq!(seen(&["6.6.6.6, 1.1.1.1"], 1), "1.1.1.1", "what the caller wrote itself does not count");
        assert_eq!(seen(&["6.6.6.6", "1.1.1.1, 2.2.2.2"], 2), "1.1.1.1");
        assert_eq!(seen(&["1.1.1.1"], 3), "1.1.1.1");
        assert_eq!(seen(&["1.1.1.1:4711"], 1), "1.1.1.1");
        assert_eq!(seen(&["[2001:db8::1]:4711"], 1), "2001:db8::1");
        assert_eq!(seen(&["nonsense"], 1), "10.0.0.1");
        assert_eq!(seen(&[], 1), "10.0.0.1");
    }
}

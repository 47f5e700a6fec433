//! What is known of a request while it is being answered.

use std::net::IpAddr;

use actix_web::{HttpMessage, HttpRequest};

use crate::{Caller, Endpoint, Network, RequestId};

/// One entry among the request's extensions, because each costs it allocations: begun by the gateway, completed by the
/// route.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub(crate) id: RequestId,
    /// The caller's address as seen through the trusted proxies.
    address: Option<IpAddr>,
    /// The route that answers; none when no path fits.
    pub endpoint: Option<Endpoint>,
    pub(crate) caller: Caller,
}

impl RequestContext {
    /// Of a request that has just come in.
    pub fn new(id: RequestId, address: Option<IpAddr>) -> Self {
        Self { id, address, endpoint: None, caller: Caller::Nobody }
    }

    /// Puts it on the request.
    pub fn attach(self, req: &impl HttpMessage) {
        req.extensions_mut().insert(self);
    }

    /// What `look` finds in it; `None` without one.
    pub fn read<T>(req: &HttpRequest, look: impl FnOnce(&Self) -> T) -> Option<T> {
        req.extensions().get::<Self>().map(look)
    }

    /// `None` when nobody told where the request comes from.
    pub(crate) fn network(&self) -> Option<Network> {
        self.address.map(Network::around)
    }

    /// Changes it; a request that came past the gateway, as in a test of a route, is given one first.
    pub(crate) fn change(req: &HttpRequest, change: impl FnOnce(&mut Self)) {
        let mut extensions = req.extensions_mut();
        if !extensions.contains::<Self>() {
            extensions.insert(Self::new(RequestId::default(), None));
        }
        if let Some(context) = extensions.get_mut::<Self>() {
            change(context);
        }
    }
}

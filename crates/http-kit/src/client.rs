//! The device that a request comes from: its network, and what it calls itself.

use std::{
    fmt::{self, Display},
    net::{IpAddr, Ipv6Addr},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::USER_AGENT};
use futures_util::future::{Ready, ready};

use crate::{ApiError, RequestContext};

/// Longest name of a device that is kept.
const MAX_NAME_CHARS: usize = 200;

/// Who asks, as far as the connection tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The address; of IPv6 the /64, which is what one customer of a provider is given.
    pub network: String,
    /// `User-Agent`, cut to 200 printable characters.
    pub name: Option<String>,
}

impl FromRequest for Client {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = req.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        let name: Option<String> =
            header.map(|text| text.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect());
        let name = name.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let network = RequestContext::read(req, RequestContext::network).flatten();
        let network = network.map_or_else(|| "unknown".to_owned(), |network| network.to_string());
        ready(Ok(Self { network, name }))
    }
}

/// What one customer of a provider is given: an address, or the /64 of one of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    pub(crate) fn around(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

impl Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn an_ipv6_customer_is_one_network() {
        for (address, expected) in [
            ("203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(Network::around(address.parse().unwrap()).to_string(), expected);
        }
    }
}

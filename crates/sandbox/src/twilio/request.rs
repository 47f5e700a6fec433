//! A request as it came over the wire.

use std::io::{self, Read as _};
use std::net::TcpStream;

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Larger than any text.
const LARGEST: u64 = 256 * 1024;

/// What was asked of the stand-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwilioRequest {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub authorization: String,
    /// Of the form, or of the query.
    pub parameters: Vec<(String, String)>,
}

impl TwilioRequest {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// By the SID and the token of an account, as Twilio asks for.
    pub(crate) fn is_signed_by(&self, sid: &str, token: &str) -> bool {
        self.authorization == format!("Basic {}", STANDARD.encode(format!("{sid}:{token}")))
    }

    pub(crate) fn read(connection: &mut TcpStream) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        let mut connection = connection.take(LARGEST);
        loop {
            let read = connection.read(&mut buffer)?;
            bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
            let text = std::str::from_utf8(&bytes).map_err(io::Error::other)?;
            if let Some(request) = Self::parse(text) {
                return Ok(request);
            }
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// `None` while some of it is missing.
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let header = |name: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(": "));
            headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
        };
        let length = header("content-length").parse().unwrap_or(0);
        if body.len() < length {
            return None;
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let form = if body.is_empty() { query } else { body };
        Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            authorization: header("authorization").to_owned(),
            parameters: serde_urlencoded::from_str(form).unwrap_or_default(),
        })
    }
}

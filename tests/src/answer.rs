//! An answer of the shop, whole and in bytes.

use serde_json::Value;

/// Status, headers and body as they came in: nothing is decompressed or followed.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// Itself, when the status is this one.
    #[track_caller]
    pub fn with_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// A header that holds a number.
    #[track_caller]
    pub fn number(&self, header: &str) -> u64 {
        let text = self.header(header).unwrap_or_else(|| panic!("no {header}: {:?}", self.headers));
        text.parse().unwrap_or_else(|_| panic!("{header}: {text}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{} {e}: {}", self.status, self.text()))
    }

    /// What a success holds.
    #[track_caller]
    pub fn data(&self) -> Value {
        let mut json = self.json();
        assert!((200..300).contains(&self.status) && json["success"] == true, "{} {json}", self.status);
        json["data"].take()
    }

    /// Status and code of a refusal, which must have the contract's shape.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String) {
        let json = self.json();
        let shaped = json["success"] == false
            && json["error"]["message"].as_str().is_some_and(|m| !m.is_empty())
            && json["requestId"].as_str() == self.header("x-request-id");
        assert!(self.status >= 400 && shaped, "{} {json}", self.status);
        (self.status, json["error"]["code"].as_str().unwrap().to_owned())
    }

    /// What a refusal tells people.
    #[track_caller]
    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }
}

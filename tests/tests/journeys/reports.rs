//! What Sentry is told: our own failures, once each, and nothing about people.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use journeys::{Shop, eventually};
use serde_json::{Value, json};

/// As much of Sentry as taking what it is sent.
struct Sentry {
    port: u16,
    envelopes: Arc<Mutex<Vec<String>>>,
}

impl Sentry {
    fn listening() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sentry = Self { port: listener.local_addr().unwrap().port(), envelopes: Arc::default() };
        let envelopes = sentry.envelopes.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let envelopes = envelopes.clone();
                thread::spawn(move || take(&stream.unwrap(), &envelopes));
            }
        });
        sentry
    }

    fn dsn(&self) -> String {
        format!("http://k@127.0.0.1:{}/1", self.port)
    }

    fn received(&self) -> Vec<String> {
        self.envelopes.lock().unwrap().clone()
    }
}

/// Answers every request of a connection, and keeps their bodies.
fn take(mut stream: &TcpStream, envelopes: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or_default() == 0 {
                return;
            }
            if let Some(("content-length", value)) = line.trim_end().to_lowercase().split_once(": ") {
                length = value.parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        envelopes.lock().unwrap().push(String::from_utf8(body).unwrap());
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
    }
}

#[tokio::test]
async fn a_failure_of_ours_is_reported_once_and_without_personal_data() {
    let sentry = Sentry::listening();
    let mut shop = Shop::setting("SENTRY_DSN", sentry.dsn()).open().await;
    let ada = shop.customer().await;
    shop.guest().get("/nowhere").await.with_status(404);
    shop.db.exec("alter table users.users rename to gone").await;

    let body = json!({ "email": "ada.secret@example.com" });
    let failed = ada.visitor().with("x-request-id", "journey-sentry").put("/api/users/me", &body).await;

    assert_eq!(failed.refusal(), (500, "INTERNAL".to_owned()));
    shop.gateway.terminate();
    assert_eq!(shop.gateway.ended().await.code, Some(0));
    eventually("Sentry has been told", async || (!sentry.received().is_empty()).then_some(())).await;
    let envelopes = sentry.received();
    assert_eq!(envelopes.len(), 1, "{envelopes:#?}");
    let event: Value = serde_json::from_str(envelopes[0].lines().nth(2).unwrap()).unwrap();
    assert_eq!(event["message"], "request journey-sentry failed", "{event:#}");
    assert_eq!(
        (&event["environment"], &event["contexts"]["Rust Tracing Fields"]["code"]),
        (&json!("test"), &json!("INTERNAL")),
        "{event:#}"
    );
    assert!(event["release"].as_str().unwrap().starts_with("metropolitan@"), "{event:#}");
    for personal in [&ada.phone[1..], "ada.secret", "@example.com", "Nowak", &ada.access_token] {
        assert!(!envelopes[0].contains(personal), "{personal} in {}", envelopes[0]);
    }
}

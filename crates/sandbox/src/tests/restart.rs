//! The state file: payments, keys and undelivered webhooks outlive the process.

use std::fs;
use std::path::PathBuf;

use super::receiver::Receiver;
use super::{CARD_29_99, Stand, id_of, read, send};
use crate::{Options, Sandbox, world};

/// A file of its own that goes with the test.
struct StateFile(PathBuf);

impl StateFile {
    fn new() -> Self {
        Self(std::env::temp_dir().join(world::id("sandbox-state-", 16)))
    }

    fn options(&self) -> Options {
        Options { state: Some(self.0.clone()), ..Options::default() }
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn payments_and_keys_outlive_a_restart() {
    let file = StateFile::new();
    let stand = Stand::with(file.options());
    let create =
        |stand: &Stand| stand.post("/v1/payment_intents", &CARD_29_99).header("idempotency-key", "k");
    let (_, intent) = read(create(&stand)).await;
    stand.sandbox.succeed(id_of(&intent)).unwrap();
    stand.sandbox.stop().await;

    let stand = Stand::with(file.options());
    let (status, found) = read(stand.get(&format!("/v1/payment_intents/{}", id_of(&intent)))).await;
    assert_eq!((status, &found["status"]), (200, &"succeeded".into()));
    assert_eq!(send(create(&stand)).await.headers()["idempotent-replayed"], "true");
    let (_, events) = read(stand.get("/v1/events")).await;
    assert_eq!(events["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_answer_is_in_the_file_before_it_is_given() {
    let file = StateFile::new();
    let stand = Stand::with(file.options());
    let intent = stand.intent().await;
    assert!(fs::read_to_string(&file.0).unwrap().contains(id_of(&intent)));
}

#[tokio::test]
async fn undelivered_webhooks_go_on_after_a_restart() {
    let file = StateFile::new();
    let stand = Stand::with(file.options());
    // Nobody listens on the port of a listener that is gone.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    stand.webhooks(Some(&format!("http://{gone}/")), false).await;
    stand.intent().await;
    stand.sandbox.stop().await;

    let receiver = Receiver::start(&[]);
    let stand = Stand::with(Options { webhook_url: Some(receiver.url.clone()), ..file.options() });
    assert_eq!(receiver.wait_for(1).await[0].kind(), "payment_intent.created");
    drop(stand);
}

#[test]
fn a_file_that_cannot_be_read_is_not_overwritten() {
    let file = StateFile::new();
    fs::write(&file.0, "not a snapshot").unwrap();
    assert!(Sandbox::start(file.options()).is_err());
    assert_eq!(fs::read_to_string(&file.0).unwrap(), "not a snapshot");
}

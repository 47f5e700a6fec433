//! A receiver of webhooks that answers as it is told and keeps what it got.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, rt};
use serde_json::Value;

use super::{WEBHOOK_SECRET, eventually};
use crate::webhook::sign;

#[derive(Clone)]
pub(super) struct Got {
    pub(super) event: Value,
    signature: String,
    body: String,
}

impl Got {
    pub(super) fn kind(&self) -> &str {
        self.event["type"].as_str().unwrap()
    }

    pub(super) fn is_signed(&self) -> bool {
        let time = self.signature.strip_prefix("t=").and_then(|rest| rest.split(',').next()).unwrap();
        self.signature == sign(WEBHOOK_SECRET, time.parse().unwrap(), &self.body)
    }
}

#[derive(Default)]
struct Log {
    got: Vec<Got>,
    /// Statuses still to be answered, the last one first; afterwards 200.
    script: Vec<u16>,
}

pub(super) struct Receiver {
    pub(super) url: String,
    log: Data<Mutex<Log>>,
    handle: ServerHandle,
}

impl Receiver {
    /// Refuses with each of `refusals` in turn, then takes everything.
    pub(super) fn start(refusals: &[u16]) -> Self {
        let script = refusals.iter().rev().copied().collect();
        let log = Data::from(Arc::new(Mutex::new(Log { script, ..Log::default() })));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/stripe/webhook", listener.local_addr().unwrap());
        let kept = log.clone();
        let (send, handle) = std::sync::mpsc::channel();
        thread::spawn(move || {
            rt::System::new().block_on(async move {
                let app =
                    move || App::new().app_data(kept.clone()).route("/stripe/webhook", web::post().to(take));
                let server =
                    HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { url, log, handle: handle.recv().unwrap() }
    }

    pub(super) fn got(&self) -> Vec<Got> {
        self.log.lock().unwrap().got.clone()
    }

    pub(super) async fn wait_for(&self, count: usize) -> Vec<Got> {
        eventually(async || Some(self.got()).filter(|got| got.len() >= count)).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // The command is sent at once; nobody needs to wait for the end.
        drop(self.handle.stop(false));
    }
}

async fn take(log: Data<Mutex<Log>>, http: HttpRequest, body: Bytes) -> HttpResponse {
    let signature = http.headers().get("stripe-signature").unwrap().to_str().unwrap().to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let mut log = log.lock().unwrap();
    log.got.push(Got { event: serde_json::from_str(&body).unwrap(), signature, body });
    let status = log.script.pop().unwrap_or(200);
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish()
}

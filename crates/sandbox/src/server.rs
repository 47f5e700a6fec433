//! Running stand-ins: one thread with a runtime of its own, so that it can live inside any test.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::{fmt, io};

use actix_web::web::{Data, PayloadConfig};
use actix_web::{App, HttpServer, rt};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::account::Account;
use crate::error::ApiError;
use crate::intent::PaymentIntent;
use crate::refund::Refund;
use crate::state::State;
use crate::tax_register::{self, Mood, TaxRegister};
use crate::webhook::{Target, dispatcher};
use crate::{Call, Fault, Options, WebhookTrouble, api, control, page};

/// Larger than anything that Stripe's parameters can grow to.
const LARGEST_BODY: usize = 256 * 1024;

/// A running stand-in for Stripe, with one for the tax register beside it; dropping it stops both.
pub struct Sandbox {
    addr: SocketAddr,
    account: Arc<Account>,
    tax_register: Arc<TaxRegister>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A commanded change that the state of the payment does not allow; Stripe's message.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl Sandbox {
    /// Answers requests from when this returns.
    ///
    /// # Errors
    /// An address that is not loopback or is taken, keys that are not test keys, an unreadable state file.
    pub fn start(options: Options) -> io::Result<Self> {
        options.check()?;
        let listener = TcpListener::bind(options.addr)?;
        let addr = listener.local_addr()?;
        let account = Arc::new(Account::open(options)?);
        let tax_register = Arc::new(TaxRegister::default());
        let (stop, stopped) = oneshot::channel();
        let (started, ready) = mpsc::channel();
        let backing = Backing { account: Arc::clone(&account), tax_register: Arc::clone(&tax_register) };
        let thread = thread::Builder::new().name("stripe-sandbox".to_owned()).spawn(move || {
            rt::System::new().block_on(serve(listener, backing, started, stopped));
        })?;
        let sandbox = Self { addr, account, tax_register, stop: Some(stop), thread: Some(thread) };
        ready.recv().map_err(io::Error::other)??;
        Ok(sandbox)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end: what `STRIPE_API_BASE` is set to.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What `NIP_API_BASE` is set to.
    pub fn tax_register_url(&self) -> String {
        format!("{}{}", self.base_url(), tax_register::PATH)
    }

    pub fn turn_tax_register(&self, mood: Mood) {
        self.tax_register.turn(mood);
    }

    /// The numbers that the tax register was asked for, oldest first.
    pub fn asked_of_the_tax_register(&self) -> Vec<String> {
        self.tax_register.asked()
    }

    /// The customer pays.
    ///
    /// # Errors
    /// There is no such intent, or it is in a final state; likewise below.
    pub fn succeed(&self, intent: &str) -> Result<(), Refused> {
        self.command(|state| control::succeed_intent(state, intent))
    }

    /// The payment is refused, for example with `card_declined`.
    pub fn fail(&self, intent: &str, code: &str) -> Result<(), Refused> {
        self.command(|state| control::fail_intent(state, intent, code))
    }

    /// The bank is at the payment: nobody can say yet how it ends.
    ///
    /// # Errors
    /// As above.
    pub fn process(&self, intent: &str) -> Result<(), Refused> {
        self.command(|state| control::process_intent(state, intent))
    }

    /// What goes wrong with calls from now on.
    pub fn troubles(&self, faults: Vec<Fault>) {
        self.account.with(|state| state.faults.set(faults));
    }

    /// What goes wrong with webhooks from now on.
    pub fn troubles_webhooks(&self, trouble: WebhookTrouble) {
        self.account.with(|state| {
            let target = Target { trouble, ..state.outbox.target().clone() };
            state.outbox.set_target(target);
        });
    }

    /// Every refund as Stripe would write it, newest first.
    pub fn refunds(&self) -> Vec<Value> {
        self.account.with(|state| state.refunds.newest_first().map(Refund::wire).collect())
    }

    /// The last API calls, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.account.with(|state| state.calls.iter().cloned().collect())
    }

    /// Every intent as Stripe would write it, newest first.
    pub fn intents(&self) -> Vec<Value> {
        self.account.with(|state| state.intents.newest_first().map(PaymentIntent::wire).collect())
    }

    /// Stops and returns when the port is free and the state file is written.
    pub async fn stop(mut self) {
        if let Some(thread) = self.signal_stop() {
            // Only a panic of the stand-in could make this an error, and the thread has reported it.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    fn signal_stop(&mut self) -> Option<JoinHandle<()>> {
        self.stop = None;
        self.thread.take()
    }

    fn command(&self, work: impl FnOnce(&mut State) -> Result<Value, ApiError>) -> Result<(), Refused> {
        let result = self.account.with(work);
        result.map(drop).map_err(|error| Refused(error.message().to_owned()))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(thread) = self.signal_stop() {
            let _ = thread.join();
        }
    }
}

/// What answers are made from.
struct Backing {
    account: Arc<Account>,
    tax_register: Arc<TaxRegister>,
}

/// Runs until the sender of `stopped` is dropped.
async fn serve(
    listener: TcpListener,
    backing: Backing,
    started: mpsc::Sender<io::Result<()>>,
    stopped: oneshot::Receiver<()>,
) {
    let (server, http) = match (listen(listener, &backing), dispatcher::http_client()) {
        (Ok(server), Ok(http)) => (server, http),
        (Err(error), _) => return drop(started.send(Err(error))),
        (_, Err(error)) => return drop(started.send(Err(io::Error::other(error)))),
    };
    let account = backing.account;
    let handle = server.handle();
    let server = rt::spawn(server);
    let dispatcher = rt::spawn(dispatcher::run(Arc::clone(&account), http));
    let writing = Arc::clone(&account);
    let writer = rt::spawn(async move { writing.write_changes().await });
    let _ = started.send(Ok(()));
    drop(started);

    let _ = stopped.await;
    handle.stop(false).await;
    let _ = server.await;
    dispatcher.abort();
    writer.abort();
    account.write_rest();
}

fn listen(listener: TcpListener, backing: &Backing) -> io::Result<actix_web::dev::Server> {
    let account = Data::from(Arc::clone(&backing.account));
    let register = Arc::clone(&backing.tax_register);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(account.clone())
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .configure(page::routes)
            .configure(api::routes)
            .configure(tax_register::routes(Arc::clone(&register)))
            .configure(control::routes)
    });
    // One worker: everything happens under one lock anyway.
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

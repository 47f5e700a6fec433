//! A stand-in for Twilio's messages, for tests: takes texts, refuses, fails and falls silent as it is told.

mod request;
mod wire;

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

pub use request::TwilioRequest;
pub use wire::TwilioMessage;

/// What the next message meets instead of being taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwilioMood {
    /// Answers with this status and error code and takes nothing. Code 0: a body that is no JSON.
    Refuses(u16, u32),
    /// Takes the message and answers with this status and error code all the same.
    TakesAndFails(u16, u32),
    /// Takes the message and hangs up without a word.
    TakesAndHangsUp,
    /// Takes the message and never answers.
    TakesAndFallsSilent,
}

/// A running stand-in; dropping it stops it.
pub struct Twilio {
    addr: SocketAddr,
    account: Arc<Account>,
}

pub(crate) struct Account {
    sid: String,
    token: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: Vec<TwilioRequest>,
    messages: Vec<TwilioMessage>,
    moods: VecDeque<TwilioMood>,
    silent: Vec<TcpStream>,
    over: bool,
}

/// What is said to a request; `None`: nothing, and the connection stays open.
struct Said {
    status: u16,
    body: String,
}

enum Reaction {
    Says(Said),
    HangsUp,
    FallsSilent,
}

impl Twilio {
    /// An account with this SID and token, on a free port of this machine.
    pub fn start(sid: &str, token: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let account =
            Arc::new(Account { sid: sid.to_owned(), token: token.to_owned(), state: Mutex::default() });
        let served = Arc::clone(&account);
        thread::Builder::new().name("twilio-sandbox".to_owned()).spawn(move || {
            for connection in listener.incoming().flatten() {
                if served.state().over {
                    break;
                }
                let account = Arc::clone(&served);
                thread::spawn(move || account.serve(connection));
            }
        })?;
        Ok(Self { addr, account })
    }

    /// `http://127.0.0.1:PORT`: what `TWILIO_API_BASE` is set to.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The next messages meet these, one each; those after them are taken again.
    pub fn will(&self, moods: &[TwilioMood]) {
        self.account.state().moods.extend(moods);
    }

    /// Every request, oldest first.
    pub fn requests(&self) -> Vec<TwilioRequest> {
        self.account.state().requests.clone()
    }

    /// Every message that was taken, oldest first.
    pub fn messages(&self) -> Vec<TwilioMessage> {
        self.account.state().messages.clone()
    }

    /// A carrier did not deliver what was taken so far, for this reason.
    pub fn undelivered(&self, code: u32) {
        for message in &mut self.account.state().messages {
            message.error_code = Some(code);
        }
    }
}

impl Drop for Twilio {
    fn drop(&mut self) {
        let mut state = self.account.state();
        state.over = true;
        state.silent.clear();
        drop(state);
        // Wakes the thread that waits for connections, so that it sees that it is over.
        let _ = TcpStream::connect(self.addr);
    }
}

impl Account {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut connection: TcpStream) {
        let Ok(request) = TwilioRequest::read(&mut connection) else { return };
        let reaction = self.react(&request);
        self.state().requests.push(request);
        match reaction {
            Reaction::Says(said) => {
                // Whoever asked may have gone.
                let _ = connection.write_all(said.http().as_bytes());
            }
            Reaction::FallsSilent => self.state().silent.push(connection),
            Reaction::HangsUp => {}
        }
    }

    fn react(&self, request: &TwilioRequest) -> Reaction {
        if !request.is_signed_by(&self.sid, &self.token) {
            return Reaction::Says(Said::error(401, 20003));
        }
        if request.path != format!("/2010-04-01/Accounts/{}/Messages.json", self.sid) {
            return Reaction::Says(Said::error(404, 20404));
        }
        match request.method.as_str() {
            "POST" => self.take(request),
            "GET" => Reaction::Says(Said { status: 200, body: self.list(request) }),
            _ => Reaction::Says(Said::error(405, 20004)),
        }
    }

    fn take(&self, request: &TwilioRequest) -> Reaction {
        let mut state = self.state();
        let mood = state.moods.pop_front();
        if let Some(TwilioMood::Refuses(status, code)) = mood {
            return Reaction::Says(Said::error(status, code));
        }
        let message = match TwilioMessage::of(request, state.messages.len()) {
            Ok(message) => message,
            Err(code) => return Reaction::Says(Said::error(400, code)),
        };
        let created = Said { status: 201, body: message.json(&self.sid).to_string() };
        state.messages.push(message);
        match mood {
            Some(TwilioMood::TakesAndFails(status, code)) => Reaction::Says(Said::error(status, code)),
            Some(TwilioMood::TakesAndHangsUp) => Reaction::HangsUp,
            Some(TwilioMood::TakesAndFallsSilent) => Reaction::FallsSilent,
            Some(TwilioMood::Refuses(..)) | None => Reaction::Says(created),
        }
    }

    /// Newest first, as Twilio lists.
    fn list(&self, request: &TwilioRequest) -> String {
        let size = request.parameter("PageSize").and_then(|size| size.parse().ok()).unwrap_or(50);
        let state = self.state();
        let to = request.parameter("To");
        let chosen = state.messages.iter().rev().filter(|message| to.is_none_or(|to| message.to == to));
        let messages: Vec<_> = chosen.take(size).map(|message| message.json(&self.sid)).collect();
        wire::page(&messages, size).to_string()
    }
}

impl Said {
    fn error(status: u16, code: u32) -> Self {
        let body = if code == 0 { "<html>".to_owned() } else { wire::error(status, code).to_string() };
        Self { status, body }
    }

    fn http(&self) -> String {
        let (status, length) = (self.status, self.body.len());
        format!(
            "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{}",
            self.body
        )
    }
}

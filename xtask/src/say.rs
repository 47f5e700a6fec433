//! What the developer sees: lines on stdout, and every step with its name and the time it took on stderr.
#![expect(clippy::print_stderr, reason = "talking to the developer is this program's job")]

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;

/// A result: what the command was asked for.
pub(crate) fn line(text: impl Display) {
    // A closed pipe must not panic here: the servers would be stopped by unwinding instead of in order.
    drop(writeln!(io::stdout(), "{text}"));
}

/// Something the developer should know about how the command goes.
pub(crate) fn note(text: impl Display) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// Runs quiet work; its name appears when it takes longer than a second.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let ticker = Ticker::start(name);
    let begun = Instant::now();
    let outcome = work();
    ticker.stop();
    finished(name, begun, outcome.is_ok());
    outcome
}

/// Runs work that prints by itself (cargo, apt-get): name first, then its output, then the time.
pub(crate) fn loud<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    note(format_args!("▸ {name}"));
    let begun = Instant::now();
    let outcome = work();
    finished(name, begun, outcome.is_ok());
    outcome
}

fn finished(name: &str, begun: Instant, good: bool) {
    let mark = if good { '✓' } else { '✗' };
    note(format_args!("{mark} {name}  {}", seconds(begun.elapsed())));
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

struct Ticker {
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl Ticker {
    fn start(name: &str) -> Self {
        let (end, ended) = mpsc::channel();
        let name = name.to_owned();
        let thread = thread::spawn(move || {
            let live = io::stderr().is_terminal();
            let begun = Instant::now();
            let mut shown = false;
            while ended.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                if live {
                    eprint!("\r… {name}  {} s", begun.elapsed().as_secs());
                } else if !shown {
                    eprintln!("… {name}");
                }
                shown = true;
            }
            if live && shown {
                eprint!("\r\x1b[K");
            }
        });
        Self { end, thread }
    }

    fn stop(self) {
        drop(self.end);
        drop(self.thread.join());
    }
}

//! Runs the stand-ins for Stripe and for the tax register until it is told to stop.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sandbox::{Options, Sandbox};
use tokio::signal::unix::{SignalKind, signal};

/// What the stand-in takes, the bench takes from the gateway beside it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Stand-ins for Stripe and for the tax register, for development and tests.
#[derive(Parser)]
struct Arguments {
    /// Where to listen: a loopback address, port 0 for a free port
    #[arg(long, default_value_t = Options::default().addr)]
    addr: SocketAddr,
    /// Where webhooks are sent (http only)
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// The kinds of events that are sent, by commas (all)
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    enabled_events: Vec<String>,
    /// The secret that webhooks are signed with
    #[arg(long, value_name = "whsec_…", default_value_t = Options::default().webhook_secret)]
    webhook_secret: String,
    #[arg(long, value_name = "sk_test_…", default_value_t = Options::default().secret_key)]
    secret_key: String,
    #[arg(long, value_name = "pk_test_…", default_value_t = Options::default().publishable_key)]
    publishable_key: String,
    /// A file that keeps everything over a restart
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "stripe-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<()> {
    let Arguments { addr, webhook_url, enabled_events, webhook_secret, secret_key, publishable_key, state } =
        Arguments::parse();
    let options =
        Options { addr, webhook_url, enabled_events, webhook_secret, secret_key, publishable_key, state };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(options))
}

async fn run(options: Options) -> io::Result<()> {
    // Before the line is printed: whoever waits for it may send a signal right away.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let sandbox = Sandbox::start(options)?;
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {}", sandbox.base_url())?;
    stdout.flush()?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    sandbox.stop().await;
    Ok(())
}

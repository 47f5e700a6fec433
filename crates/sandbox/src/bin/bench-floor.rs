//! The floor of the benchmark: the fastest that a bare actix route answers with the same bytes.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use clap::Parser;

/// Answers GET /floor with the bytes of a file and does nothing else.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 for a free port
    #[arg(long, default_value = "127.0.0.1:0")]
    addr: SocketAddr,
    /// The body of every answer, JSON, read once
    #[arg(long)]
    file: PathBuf,
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    workers: u8,
}

async fn floor(body: Data<Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(Bytes::clone(&body))
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let body = Data::new(Bytes::from(std::fs::read(&arguments.file)?));
    let server =
        HttpServer::new(move || App::new().app_data(body.clone()).route("/floor", web::get().to(floor)))
            .workers(usize::from(arguments.workers))
            .bind(arguments.addr)?;
    let mut stdout = io::stdout();
    for addr in server.addrs() {
        writeln!(stdout, "listening on http://{addr}")?;
    }
    stdout.flush()?;
    server.run().await
}

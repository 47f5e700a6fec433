//! A way to PostgreSQL that counts how often it is asked, and notes what.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
};

/// Counts round trips: each ends in a message by which the client waits for an answer.
#[derive(Debug, Clone)]
pub struct Meter {
    url: String,
    trips: Arc<AtomicUsize>,
    statements: Arc<Mutex<BTreeSet<String>>>,
}

impl Meter {
    /// Before the database at `url`, for as long as the runtime lives.
    pub async fn before(url: &str) -> Self {
        let (before, rest) = url.rsplit_once('@').unwrap_or_else(|| panic!("{url}"));
        let (target, database) = rest.split_once('/').unwrap_or_else(|| panic!("{url}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(|e| panic!("{e}"));
        let port = listener.local_addr().unwrap_or_else(|e| panic!("{e}")).port();
        let (target, trips) = (target.to_owned(), Arc::new(AtomicUsize::new(0)));
        let statements = Arc::<Mutex<BTreeSet<String>>>::default();
        let url = format!("{before}@127.0.0.1:{port}/{database}");
        let meter = Self { url, trips: trips.clone(), statements: statements.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&target).await else { return };
                let ((from_client, mut to_client), (mut from_server, to_server)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                tokio::spawn(pass_on(from_client, to_server, trips.clone(), statements.clone()));
            }
        });
        meter
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Round trips since the last time this was asked.
    pub fn trips(&self) -> usize {
        self.trips.swap(0, Ordering::SeqCst)
    }

    /// The texts of the statements that were prepared since the last time this was asked.
    pub fn statements(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.statements.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Message by message, as the protocol frames them (PostgreSQL, "Message Formats").
async fn pass_on(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    trips: Arc<AtomicUsize>,
    statements: Arc<Mutex<BTreeSet<String>>>,
) -> std::io::Result<()> {
    // The first message has no type.
    let mut kind = None;
    loop {
        let length = client.read_u32().await?;
        let mut body = vec![0; usize::try_from(length).unwrap_or_default().saturating_sub(4)];
        client.read_exact(&mut body).await?;
        // Sync, or a simple query.
        if matches!(kind, Some(b'S' | b'Q')) {
            trips.fetch_add(1, Ordering::SeqCst);
        }
        // Parse: its name, then its text, each ended by a zero.
        if kind == Some(b'P')
            && let Some(text) = body.split(|byte| *byte == 0).nth(1)
        {
            let text = String::from_utf8_lossy(text).into_owned();
            statements.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
        }
        if let Some(kind) = kind {
            server.write_u8(kind).await?;
        }
        server.write_u32(length).await?;
        server.write_all(&body).await?;
        kind = Some(client.read_u8().await?);
    }
}

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

/// What was prepared: its text, and the types of its values by their numbers (0: PostgreSQL finds out).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    pub text: String,
    pub types: Vec<u32>,
}

impl Statement {
    /// From the body of a Parse message: a name and the text, each ended by a zero, then how many types, and which.
    fn parse(body: &[u8]) -> Option<Self> {
        let mut parts = body.splitn(3, |byte| *byte == 0);
        let text = String::from_utf8_lossy(parts.nth(1)?).into_owned();
        let types = parts.next()?.get(2..)?.chunks_exact(4);
        let types = types.map(|four| four.iter().fold(0, |all, byte| all << 8 | u32::from(*byte)));
        Some(Self { text, types: types.collect() })
    }
}

/// Counts round trips: each ends in a message by which the client waits for an answer.
#[derive(Debug, Clone)]
pub struct Meter {
    url: String,
    trips: Arc<AtomicUsize>,
    statements: Arc<Mutex<BTreeSet<Statement>>>,
}

impl Meter {
    /// Before the database at `url`, for as long as the runtime lives.
    pub async fn before(url: &str) -> Self {
        let (before, rest) = url.rsplit_once('@').unwrap_or_else(|| panic!("{url}"));
        let (target, database) = rest.split_once('/').unwrap_or_else(|| panic!("{url}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(|e| panic!("{e}"));
        let port = listener.local_addr().unwrap_or_else(|e| panic!("{e}")).port();
        let (target, trips) = (target.to_owned(), Arc::new(AtomicUsize::new(0)));
        let statements = Arc::<Mutex<BTreeSet<Statement>>>::default();
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

    /// The statements that were prepared since the last time this was asked.
    pub fn statements(&self) -> BTreeSet<Statement> {
        std::mem::take(&mut *self.statements.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Message by message, as the protocol frames them (PostgreSQL, "Message Formats").
async fn pass_on(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    trips: Arc<AtomicUsize>,
    statements: Arc<Mutex<BTreeSet<Statement>>>,
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
        if kind == Some(b'P')
            && let Some(statement) = Statement::parse(&body)
        {
            statements.lock().unwrap_or_else(PoisonError::into_inner).insert(statement);
        }
        if let Some(kind) = kind {
            server.write_u8(kind).await?;
        }
        server.write_u32(length).await?;
        server.write_all(&body).await?;
        kind = Some(client.read_u8().await?);
    }
}

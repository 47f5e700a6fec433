//! A way to a server that can be cut: while it is, connections end and new ones are refused.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::free_port;

/// How soon a change is noticed by the thread that accepts connections.
const PAUSE: Duration = Duration::from_millis(5);

pub struct Proxy {
    port: u16,
    way: Arc<Way>,
}

#[derive(Default)]
struct Way {
    cut: AtomicBool,
    over: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
    /// What the next message must hold after which nobody hears of the answer.
    last_words: Mutex<Option<Vec<u8>>>,
}

impl Proxy {
    /// To where the URL of a server points.
    pub fn before(url: &str) -> Self {
        let target: SocketAddr = authority(url).parse().unwrap_or_else(|e| panic!("{url}: {e}"));
        let proxy = Self { port: free_port(), way: Arc::default() };
        let (way, port) = (proxy.way.clone(), proxy.port);
        thread::spawn(move || accept(&way, port, target));
        proxy
    }

    /// The URL with this proxy in place of the server.
    pub fn url(&self, url: &str) -> String {
        url.replacen(authority(url), &format!("127.0.0.1:{}", self.port), 1)
    }

    pub fn cut(&self) {
        self.way.cut.store(true, Ordering::SeqCst);
        self.way.end_connections();
    }

    /// The next time a client says something that holds `words`, the server hears it, and the client nothing any more.
    pub fn cut_after(&self, words: &str) {
        *self.way.last_words.lock().unwrap() = Some(words.as_bytes().to_vec());
    }

    /// Whether they were said.
    pub fn has_cut(&self) -> bool {
        self.way.last_words.lock().unwrap().is_none()
    }

    pub fn mend(&self) {
        self.way.cut.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.way.over.store(true, Ordering::SeqCst);
        self.way.end_connections();
    }
}

/// `host:port` of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    let authority = rest.split(['/', '?']).next().unwrap();
    authority.rsplit('@').next().unwrap()
}

impl Way {
    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    fn end_connections(&self) {
        for stream in self.streams.lock().unwrap().drain(..) {
            // The other side may have ended it already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets the bytes through both ways until either side ends, or the way is cut.
    fn join(self: &Arc<Self>, client: TcpStream, target: SocketAddr) -> io::Result<()> {
        client.set_nonblocking(false)?;
        let server = TcpStream::connect(target)?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            self.streams.lock().unwrap().push(stream.try_clone()?);
        }
        if self.is_cut() {
            self.end_connections();
        }
        let (mut answers, mut hears) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut answers, &mut hears);
            let _ = hears.shutdown(Shutdown::Both);
        });
        let way = self.clone();
        thread::spawn(move || {
            let _ = way.say(client, &server);
            let _ = server.shutdown(Shutdown::Both);
        });
        Ok(())
    }

    /// What the client says goes to the server, until it has said the last words.
    fn say(&self, mut client: TcpStream, mut server: &TcpStream) -> io::Result<()> {
        let mut message = vec![0; 65_536];
        loop {
            let read = client.read(&mut message)?;
            if read == 0 {
                return Ok(());
            }
            let said = &message[..read];
            let last = self.last_words.lock().unwrap().take_if(|words| holds(said, words)).is_some();
            if last {
                // Nobody hears the answer; the server hears the words first.
                client.shutdown(Shutdown::Both)?;
            }
            server.write_all(said)?;
            if last {
                // It has the time to do what it was told before it notices that nobody is there.
                thread::sleep(Duration::from_millis(300));
                return Ok(());
            }
        }
    }
}

fn holds(message: &[u8], words: &[u8]) -> bool {
    message.windows(words.len()).any(|part| part == words)
}

fn accept(way: &Arc<Way>, port: u16, target: SocketAddr) {
    let mut listener: Option<TcpListener> = None;
    while !way.over.load(Ordering::SeqCst) {
        if way.is_cut() {
            listener = None;
        } else if listener.is_none() {
            let bound = TcpListener::bind(("127.0.0.1", port)).unwrap();
            bound.set_nonblocking(true).unwrap();
            listener = Some(bound);
        }
        match listener.as_ref().map(TcpListener::accept) {
            Some(Ok((client, _))) => drop(way.join(client, target)),
            _ => thread::sleep(PAUSE),
        }
    }
}

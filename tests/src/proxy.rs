//! A way to a server that can be cut: while it is, connections end and new ones are refused.

use std::{
    io,
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
        for (mut from, mut to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
            thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
        Ok(())
    }
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

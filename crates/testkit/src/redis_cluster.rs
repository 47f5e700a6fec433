//! A Redis Cluster of three masters on the loopback address, gone with its value.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub struct RedisCluster {
    nodes: Vec<Node>,
    folder: PathBuf,
}

struct Node {
    server: Child,
    port: u16,
}

/// A cluster has so many slots.
const SLOTS: u16 = 16_384;

impl RedisCluster {
    /// Three masters, each with a third of the slots, that know each other.
    ///
    /// # Panics
    /// When redis-server is not installed, or does not come up within half a minute.
    #[must_use]
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(crate::unique("redis_cluster"));
        let ports: Vec<(u16, u16)> = (0..3).map(|_| (crate::free_port(), crate::free_port())).collect();
        let start = |(port, bus): &(u16, u16)| {
            let own = folder.join(port.to_string());
            std::fs::create_dir_all(&own).unwrap_or_else(|e| panic!("{e}"));
            let server = Command::new("redis-server")
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
                .arg(own)
                // Whoever is away is known to be: the others go on with the slots they have.
                .args(["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"])
                .args(["--cluster-port", &bus.to_string(), "--cluster-node-timeout", "1000"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap_or_else(|e| panic!("redis-server: {e}"));
            Node { server, port: *port }
        };
        let cluster = Self { nodes: ports.iter().map(start).collect(), folder };
        let (_, first_bus) = ports[0];
        for (n, node) in (0u16..).zip(&cluster.nodes) {
            until(|| node.ask("PING").is_some_and(|answer| answer.starts_with("+PONG")));
            let third = |n: u16| u32::from(SLOTS) * u32::from(n) / 3;
            let slots = format!("CLUSTER ADDSLOTSRANGE {} {}", third(n), third(n + 1) - 1);
            assert_eq!(node.ask(&slots).as_deref(), Some("+OK\r\n"));
            if n > 0 {
                let meet = format!("CLUSTER MEET 127.0.0.1 {} {first_bus}", cluster.nodes[0].port);
                assert_eq!(node.ask(&meet).as_deref(), Some("+OK\r\n"));
            }
        }
        for node in &cluster.nodes {
            until(|| {
                node.ask("CLUSTER INFO").is_some_and(|info| {
                    info.contains("cluster_state:ok") && info.contains(&format!("cluster_slots_ok:{SLOTS}"))
                })
            });
        }
        cluster
    }

    /// All addresses, between commas.
    #[must_use]
    pub fn url(&self) -> String {
        let urls: Vec<String> =
            self.nodes.iter().map(|node| format!("redis://127.0.0.1:{}", node.port)).collect();
        urls.join(",")
    }

    /// Stops one master for good.
    pub fn kill(&mut self, nth: usize) {
        self.nodes[nth].stop();
    }
}

impl Node {
    fn ask(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).ok()?;
        answer.truncate(read);
        String::from_utf8(answer).ok()
    }

    fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for RedisCluster {
    fn drop(&mut self) {
        self.nodes.iter_mut().for_each(Node::stop);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn until(mut reached: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the cluster does not come up");
        std::thread::sleep(Duration::from_millis(20));
    }
}

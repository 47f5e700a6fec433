//! A private Redis on the loopback address.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use crate::cluster::{free_port, is_free, last_lines};
use crate::install::find_program;
use crate::process::{self, Server};
use crate::site::Site;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Survives a restart: a developer's guest sessions and limits, the payments that the Stripe stand-in knows.
    Kept,
    Forgotten,
}

pub(crate) struct Redis {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl Redis {
    pub(crate) fn start(site: &mut Site, port: Option<u16>, memory: Memory) -> Result<Self> {
        let program = find_program("redis-server").context("redis-server is not installed")?;
        let folder = site.folder("redis")?;
        let port = port.filter(|port| is_free(*port)).map_or_else(free_port, Ok)?;
        let (log, file) = site.log("redis")?;
        let append = if memory == Memory::Kept { "yes" } else { "no" };
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no"]);
        command
            .args(["--save", "", "--appendonly", append, "--appendfsync", "everysec", "--dir"])
            .arg(folder);
        command.stdout(file.try_clone()?).stderr(file);
        let mut server = Server::spawn("Redis", &mut command, Signal::SIGTERM, Duration::from_secs(10))?;
        site.record(&server)?;
        process::wait_until(&mut server, Duration::from_secs(30), || answers(port))
            .with_context(|| last_lines(&log))?;
        Ok(Self { server, port })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ask().unwrap_or(false)
}

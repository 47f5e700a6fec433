//! A Redis of a test's own, which may be stopped.

use std::{
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use crate::{eventually, free_port};

pub struct Redis {
    port: u16,
    server: Option<Child>,
}

impl Redis {
    pub async fn start() -> Self {
        let mut redis = Self { port: free_port(), server: None };
        redis.start_again().await;
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// On the port it had; what it knew is forgotten.
    pub async fn start_again(&mut self) {
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &self.port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command.current_dir(std::env::temp_dir()).stdin(Stdio::null()).stdout(Stdio::null());
        self.server = Some(command.spawn().unwrap_or_else(|e| panic!("redis-server: {e}")));
        let port = self.port;
        eventually("Redis listens", async || TcpStream::connect(("127.0.0.1", port)).ok()).await;
    }

    /// FLUSHALL
    pub fn flush(&self) {
        let port = self.port.to_string();
        let status = Command::new("redis-cli").args(["-p", &port, "flushall"]).stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "redis-cli flushall");
    }

    /// SIGSTOP: it is there and does not answer.
    pub fn stand_still(&self) {
        self.signal("STOP");
    }

    /// SIGCONT
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.server.as_ref().unwrap().id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status().unwrap();
        assert!(sent.success());
    }

    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

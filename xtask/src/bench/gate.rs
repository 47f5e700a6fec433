//! How long the gate before the stock thinks, as the gateway's own histogram has it.

use anyhow::{Context, Result};

use crate::client::Connection;

const NAME: &str = "stock_gate_seconds";

/// Refusals by the gate so far.
pub(super) struct Refusals {
    all: u32,
    /// Those that took a millisecond at most.
    at_once: u32,
}

impl Refusals {
    pub(super) fn read(port: u16) -> Result<Self> {
        let answer = Connection::open(port)?.get("/metrics", &[])?;
        Self::parse(&answer.text()).context("the gate's histogram has an unknown shape")
    }

    /// None yet is a shape of it, too.
    fn parse(metrics: &str) -> Option<Self> {
        let of = |suffix: &str, label: &str| -> Option<u32> {
            let refusals = metrics.lines().filter(|line| line.contains("answer=\"refused\""));
            let name = format!("{NAME}_{suffix}{{");
            let mut lines = refusals.filter(|line| line.starts_with(&name) && line.contains(label));
            lines.next().map_or(Some(0), |line| line.rsplit(' ').next()?.parse().ok())
        };
        Some(Self { all: of("count", "")?, at_once: of("bucket", "le=\"0.001\"")? })
    }

    pub(super) fn percent_at_once_since(&self, before: &Self) -> f64 {
        let (all, at_once) = (self.all - before.all, self.at_once - before.at_once);
        100.0 * f64::from(at_once) / f64::from(all.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_other_answers() {
        let metrics = "stock_gate_seconds_bucket{answer=\"admitted\",le=\"0.001\"} 7\n\
                       stock_gate_seconds_bucket{answer=\"refused\",le=\"0.001\"} 99\n\
                       stock_gate_seconds_count{answer=\"refused\"} 200\n";
        let (now, none) = (Refusals::parse(metrics).unwrap(), Refusals::parse("").unwrap());
        assert!((now.percent_at_once_since(&none) - 49.5).abs() < 0.001);
        assert!(Refusals::parse("stock_gate_seconds_count{answer=\"refused\"} many").is_none());
    }
}

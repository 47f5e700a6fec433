//! What the bench found, as a table for people.

use std::time::Duration;

use super::usage::Cpu;
use crate::say;

#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) requests: u32,
    pub(super) took: Duration,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    pub(super) failures: u64,
    pub(super) cpu: Option<Cpu>,
}

impl Measured {
    /// From the time each request took.
    pub(super) fn of(name: &str, took: Duration, mut times: Vec<Duration>, failures: u64) -> Self {
        times.sort_unstable();
        let percentile = |percent: usize| {
            let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(at).copied().unwrap_or_default()
        };
        Self {
            name: name.to_owned(),
            requests: u32::try_from(times.len()).unwrap_or(u32::MAX),
            took,
            p50: percentile(50),
            p99: percentile(99),
            failures,
            cpu: None,
        }
    }

    /// What was measured in several turns; its percentiles are the middle ones of theirs.
    pub(super) fn joined(parts: &[Self]) -> Self {
        let middle = |time: fn(&Self) -> Duration| {
            let mut times: Vec<Duration> = parts.iter().map(time).collect();
            times.sort_unstable();
            times.get(times.len() / 2).copied().unwrap_or_default()
        };
        Self {
            name: parts.first().map(|part| part.name.clone()).unwrap_or_default(),
            requests: parts.iter().map(|part| part.requests).sum(),
            took: parts.iter().map(|part| part.took).sum(),
            p50: middle(|part| part.p50),
            p99: middle(|part| part.p99),
            failures: parts.iter().map(|part| part.failures).sum(),
            cpu: parts.iter().map(|part| part.cpu).reduce(|sum, cpu| Some(sum? + cpu?)).flatten(),
        }
    }

    fn per_second(&self) -> f64 {
        f64::from(self.requests) / self.took.as_secs_f64().max(f64::EPSILON)
    }
}

pub(super) struct Table {
    pub(super) rows: Vec<Measured>,
    pub(super) floors: Vec<Measured>,
    ratios: Vec<String>,
    ready_after: Duration,
}

impl Table {
    pub(super) fn new(ready_after: Duration) -> Self {
        Self { rows: Vec::new(), floors: Vec::new(), ratios: Vec::new(), ready_after }
    }

    pub(super) fn ratio(&mut self, name: &str, ours: &Measured, floor: &Measured) {
        let percent = 100.0 * ours.per_second() / floor.per_second().max(f64::EPSILON);
        self.ratios.push(format!("{name} / {}: {percent:.0} %", floor.name));
    }

    /// How much slower the slowest of a hundred is.
    pub(super) fn slower(&mut self, name: &str, large: &Measured, small: &Measured) {
        let times = large.p99.as_secs_f64() / small.p99.as_secs_f64().max(f64::EPSILON);
        self.ratios.push(format!("{name}, p99 at 100,000 products / at 1,000: {times:.1}"));
    }

    /// Something that is done once.
    pub(super) fn took(&mut self, name: &str, time: Duration) {
        self.ratios.push(format!("{name}: {:.1} s", time.as_secs_f64()));
    }

    pub(super) fn share(&mut self, name: &str, percent: f64) {
        self.ratios.push(format!("{name}: {percent:.1} %"));
    }

    pub(super) fn memory(&mut self, when: &str, kib: u64) {
        self.ratios.push(format!("gateway's memory at its peak, {when}: {} MB", kib / 1024));
    }

    pub(super) fn print(&self) {
        say::line(format_args!(
            "\n{:<34}{:>12}{:>10}{:>10}{:>10}   CPU s per 1,000: {:>8}{:>12}{:>8}",
            "", "requests/s", "p50 ms", "p99 ms", "failed", "gateway", "PostgreSQL", "Redis"
        ));
        for row in &self.rows {
            print_row(row);
        }
        say::line("floors");
        for row in &self.floors {
            print_row(row);
        }
        say::line("");
        for ratio in &self.ratios {
            say::line(ratio);
        }
        say::line(format_args!("gateway's start to ready: {} ms", self.ready_after.as_millis()));
    }
}

fn print_row(row: &Measured) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let cpu = row.cpu.as_ref().map_or_else(String::new, |cpu| {
        let share = |seconds: f64| seconds * 1000.0 / f64::from(row.requests.max(1));
        format!("{:>21.3}{:>12.3}{:>8.3}", share(cpu.gateway), share(cpu.postgres), share(cpu.redis))
    });
    say::line(format_args!(
        "{:<34}{:>12.0}{:>10.2}{:>10.2}{:>10}   {:>5}{cpu}",
        row.name,
        row.per_second(),
        ms(row.p50),
        ms(row.p99),
        row.failures,
        ""
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_the_sorted_times() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let row = Measured::of("x", Duration::from_secs(2), times, 0);
        assert_eq!((row.p50, row.p99), (Duration::from_millis(101), Duration::from_millis(199)));
        assert!((row.per_second() - 100.0).abs() < 0.001);
        assert_eq!(Measured::of("none", Duration::ZERO, Vec::new(), 1).p99, Duration::ZERO);
    }
}

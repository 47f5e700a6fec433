//! Processor time and memory of processes, from Linux' /proc.

use std::fs;
use std::ops::Add;

use anyhow::{Context, Result};

use super::Measured;

/// The unit of /proc/<pid>/stat: `USER_HZ`, 100 on every architecture Debian has.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cpu {
    pub(super) gateway: f64,
    pub(super) postgres: f64,
    pub(super) redis: f64,
}

impl Add for Cpu {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            gateway: self.gateway + other.gateway,
            postgres: self.postgres + other.postgres,
            redis: self.redis + other.redis,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Processes {
    pub(super) gateway: u32,
    pub(super) postgres: u32,
    pub(super) redis: u32,
}

impl Processes {
    /// Measures, and adds what the three used meanwhile.
    pub(super) fn during(&self, name: &str, load: impl FnOnce() -> Result<Measured>) -> Result<Measured> {
        let before = self.ticks()?;
        let mut measured = load()?;
        let after = self.ticks()?;
        let [gateway, postgres, redis] = [0, 1, 2].map(|at| {
            let used =
                after.get(at).zip(before.get(at)).map_or(0, |(after, before)| after.saturating_sub(*before));
            f64::from(u32::try_from(used).unwrap_or(u32::MAX)) / TICKS_PER_SECOND
        });
        name.clone_into(&mut measured.name);
        measured.cpu = Some(Cpu { gateway, postgres, redis });
        Ok(measured)
    }

    fn ticks(&self) -> Result<[u64; 3]> {
        Ok([of_process(self.gateway)?.ticks, of_family(self.postgres)?, of_process(self.redis)?.ticks])
    }
}

struct Stat {
    parent: u32,
    /// Its own and those of the children it has buried.
    ticks: u64,
}

/// A server with a process per connection: itself, its living children and its dead ones.
fn of_family(pid: u32) -> Result<u64> {
    let mut ticks = of_process(pid)?.ticks;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(other) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may have ended since the directory was read.
        if let Ok(stat) = of_process(other)
            && stat.parent == pid
        {
            ticks += stat.ticks;
        }
    }
    Ok(ticks)
}

fn of_process(pid: u32) -> Result<Stat> {
    let text =
        fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is gone"))?;
    parse(&text).with_context(|| format!("/proc/{pid}/stat has an unknown shape"))
}

/// Fields 4 (parent) and 14 to 17 (utime, stime, cutime, cstime); the name in field 2 may hold spaces and brackets.
fn parse(stat: &str) -> Option<Stat> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at - 3)?.parse::<u64>().ok();
    let ticks = number(14)? + number(15)? + number(16)? + number(17)?;
    Some(Stat { parent: u32::try_from(number(4)?).ok()?, ticks })
}

pub(super) fn peak_memory_kib(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let value = line.and_then(|line| line.split_whitespace().next()).context("no VmHWM in /proc")?;
    Ok(value.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_those_of_the_process_and_of_its_buried_children() {
        let stat =
            parse("42 (a) b) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0 987654 10 11").unwrap();
        assert_eq!((stat.parent, stat.ticks), (7, 127));
    }
}

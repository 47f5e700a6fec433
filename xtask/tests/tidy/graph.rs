//! The crate graph: domains know no other domain, heavy kits stay with their adapter, the gateway alone knows all.

use std::process::Command;

use serde::Deserialize;

use crate::tree::{DOMAINS, is_domain, judge, root};

/// Layers 1 to 3: what a domain may stand on.
const FOUNDATION: &[&str] =
    &["kernel", "contracts", "db", "cache", "i18n", "bus", "http-kit", "audit", "media"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or nothing for a normal one.
    kind: Option<String>,
    /// Only ours have one.
    path: Option<String>,
}

impl Dependency {
    fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

/// What of ours a crate may depend on; `None`: it has no place yet.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "kernel" | "migrations" | "xtask" => &[],
        "contracts" | "db" | "cache" | "i18n" | "telemetry" | "sandbox" | "http-kit" => &["kernel"],
        "bus" => &["kernel", "contracts", "db"],
        "audit" => &["kernel", "db", "http-kit"],
        "media" => &["kernel", "db", "bus", "http-kit"],
        "payment-stripe" => &["kernel", "payment"],
        "notification-twilio" => &["kernel", "notification"],
        "user-taxregister" => &["kernel", "user"],
        "testkit" => &["kernel", "contracts", "db", "cache", "bus", "i18n", "http-kit", "migrations"],
        // Of the domains only the rules that its simulation plays by.
        "journeys" => &["kernel", "contracts", "db", "sandbox", "testkit", "inventory", "order", "payment"],
        domain if is_domain(domain) => FOUNDATION,
        _ => return None,
    })
}

/// What of ours the tests of an adapter use besides.
fn in_tests(name: &str) -> &'static [&'static str] {
    match name {
        "payment-stripe" => &["sandbox"],
        // Its tests run notification's job from the event on.
        "notification-twilio" => &["sandbox", "bus", "contracts"],
        _ => &[],
    }
}

/// What only some may depend on, and who they are.
fn reserved(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "telemetry" | "payment-stripe" | "notification-twilio" | "user-taxregister" => &["gateway"],
        "migrations" => &["gateway", "testkit"],
        "gateway" | "journeys" | "xtask" => &[],
        stripe if stripe.starts_with("async-stripe") => &["payment-stripe"],
        twilio if twilio.starts_with("twilio") => &["notification-twilio"],
        _ => return None,
    })
}

fn packages() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).unwrap();
    metadata.packages
}

#[test]
fn crates_depend_only_on_the_layers_below_them() {
    let mut findings = Vec::new();
    for package in packages().iter().filter(|package| package.name != "gateway") {
        let name = package.name.as_str();
        let Some(allowed) = allowed(name) else {
            findings.push(format!("{name}: has no place yet; give it one in xtask/tests/tidy/graph.rs"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            let other = dependency.name.as_str();
            let for_tests = dependency.is_dev() && (other == "testkit" || in_tests(name).contains(&other));
            if !for_tests && !allowed.contains(&other) {
                findings.push(format!("{name} → {other}: {}", advice(name, other)));
            }
        }
    }
    judge("a crate depends on one it may not know (docs/architecture.md, \"The crates\")", &findings);
}

fn advice(name: &str, other: &str) -> String {
    if is_domain(name) && is_domain(other) {
        format!(
            "domains do not know each other; write a trait in crates/{name}/src/ports.rs and its adapter in \
             gateway/src/wiring/{name}_{other}.rs, or listen to an event of `contracts`"
        )
    } else {
        "only a lower layer may be named; should the layers change, change docs/architecture.md and \
         xtask/tests/tidy/graph.rs"
            .to_owned()
    }
}

#[test]
fn what_is_reserved_for_one_crate_is_used_by_no_other() {
    let mut findings = Vec::new();
    for package in packages() {
        for dependency in &package.dependencies {
            if let Some(users) = reserved(&dependency.name)
                && !users.contains(&package.name.as_str())
            {
                let users = if users.is_empty() { "nobody".to_owned() } else { users.join(" and ") };
                findings.push(format!("{} → {}: that is for {users} only", package.name, dependency.name));
            }
            if dependency.name == "testkit" && !dependency.is_dev() && package.name != "journeys" {
                findings.push(format!("{} → testkit: only under [dev-dependencies]", package.name));
            }
        }
    }
    judge("a crate uses what is reserved for another", &findings);
}

#[test]
fn every_domain_is_there() {
    let names: Vec<String> = packages().into_iter().map(|package| package.name).collect();
    let missing: Vec<String> = DOMAINS
        .iter()
        .map(|(domain, _)| (*domain).to_owned())
        .filter(|domain| !names.contains(domain))
        .collect();
    judge("a domain is named in xtask/tests/tidy/tree.rs and has no crate", &missing);
}

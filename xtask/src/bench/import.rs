//! A file of products taken over, as the shop's people do it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::client::Connection;
use crate::seed;

pub(super) const OWNER: (&str, &str) = ("owner@example.com", "a long password of the owner's");
pub(super) const PRODUCTS: u32 = 10_000;

/// How long a file of new products takes; then the same file again, with nothing to do.
pub(super) fn import(port: u16) -> Result<(Duration, Duration)> {
    let mut connection = Connection::open(port)?;
    let login = json!({ "email": OWNER.0, "password": OWNER.1 });
    let answer = connection.post("/api/admin/auth/login", &[], &login.to_string())?;
    let pair: Value = serde_json::from_slice(&answer.body)?;
    let token = pair["data"]["accessToken"].as_str().context("the owner cannot sign in")?;
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "text/csv")];
    // The codes of the seed's own begin elsewhere.
    let file = seed::import_file(500_000, PRODUCTS);
    let mut send = |wanted: &str| {
        let begun = Instant::now();
        let answer = connection.post("/api/admin/products/imports?mode=apply", &headers, &file)?;
        let took = begun.elapsed();
        let report: Value = serde_json::from_slice(&answer.body)?;
        if answer.status != 201 || report["data"][wanted] != PRODUCTS {
            bail!("the import answers {}: {:.500}", answer.status, answer.text());
        }
        Ok(took)
    };
    Ok((send("created")?, send("unchanged")?))
}

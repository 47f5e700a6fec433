//! What visitors ask the catalogue: the same page as everybody, and pages that nobody has asked for yet.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::wrk::Ask;
use crate::client::Connection;
use crate::hash::mix;

pub(super) const LIST: &str = "/api/products";
/// More than can be asked while their answers would still be in memory.
const DIFFERENT: u32 = 6_000;
const SORTS: [&str; 6] = ["relevance", "name", "price", "-price", "newest", "bestselling"];

/// The body of a path, and the tag it carries.
pub(super) fn page(port: u16, path: &str) -> Result<(Vec<u8>, String)> {
    let answer = Connection::open(port)?.get(path, &[])?;
    if answer.status != 200 {
        bail!("GET {path} answers {}: {}", answer.status, answer.text());
    }
    let etag = answer.etag.context("an answer without ETag")?;
    Ok((answer.body, etag))
}

/// The path of some product's own page.
pub(super) fn detail(list: &[u8]) -> Result<String> {
    let list: Value = serde_json::from_slice(list)?;
    let id = list["data"][0]["id"].as_str().context("the list is empty")?;
    Ok(format!("{LIST}/{id}"))
}

/// Lists that are all different: by category, order and price.
pub(super) fn lists(port: u16) -> Result<Vec<Ask>> {
    let (categories, _) = page(port, "/api/products/categories")?;
    let categories: Value = serde_json::from_slice(&categories)?;
    let slugs: Vec<&str> =
        categories["data"].as_array().into_iter().flatten().filter_map(|c| c["slug"].as_str()).collect();
    let ask = |n: u32| {
        let dice = mix(u64::from(n));
        let sort = one_of(&SORTS, dice)?;
        let category = one_of(&slugs, dice >> 8)?;
        let narrowed = if dice & 1 == 0 { format!("&category={category}") } else { String::new() };
        Some(Ask::get(format!("{LIST}?sort={sort}&minPrice={n}{narrowed}")))
    };
    (0..DIFFERENT).map(ask).collect::<Option<_>>().context("there are no categories")
}

/// Questions that are all different: words of real names, whole, unfinished and misspelt, in the three languages.
pub(super) fn searches(port: u16) -> Result<Vec<Ask>> {
    let mut words = Vec::new();
    for language in ["tr", "en", "pl"] {
        let (list, _) = page(port, &format!("{LIST}?limit=100&lang={language}"))?;
        let list: Value = serde_json::from_slice(&list)?;
        let names = list["data"].as_array().into_iter().flatten().filter_map(|item| item["name"].as_str());
        let of = names.flat_map(str::split_whitespace).filter(|word| word.chars().count() > 3);
        words.extend(of.map(|word| (language, word.to_owned())));
    }
    let ask = |n: u32| {
        let dice = mix(u64::from(n));
        let (language, first) = one_of(&words, dice)?;
        let (_, second) = one_of(&words, dice >> 16)?;
        let question = match n % 4 {
            0 => first.clone(),
            1 => format!("{first} {second}"),
            2 => first.chars().take(4).collect(),
            // Without its third letter.
            _ => first.chars().take(2).chain(first.chars().skip(3)).collect(),
        };
        let encoded = question.bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02X}"));
        Some(Ask::get(format!("{LIST}?lang={language}&q={encoded}&minPrice={n}")))
    };
    (0..DIFFERENT).map(ask).collect::<Option<_>>().context("there are no names")
}

fn one_of<T>(list: &[T], dice: u64) -> Option<&T> {
    let at = usize::try_from(dice % u64::try_from(list.len().max(1)).ok()?).ok()?;
    list.get(at)
}

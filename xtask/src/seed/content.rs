//! The shop's texts: published as version 1 where nothing was published yet.

use anyhow::{Context, Result};
use postgres::Client;

macro_rules! texts {
    ($($kind:literal $language:literal),* $(,)?) => {
        [$((
            $kind,
            $language,
            include_str!(concat!("../../../data/seed/content/", $kind, ".", $language, ".md")),
        )),*]
    };
}

const TEXTS: [(&str, &str, &str); 12] = texts![
    "faq" "tr", "faq" "en", "faq" "pl",
    "terms" "tr", "terms" "en", "terms" "pl",
    "privacy" "tr", "privacy" "en", "privacy" "pl",
    "cookies" "tr", "cookies" "en", "cookies" "pl",
];

/// The first line is the title, the rest the text.
fn titled(file: &str) -> Option<(&str, &str)> {
    let (title, body) = file.split_once('\n')?;
    Some((title.strip_prefix("# ")?.trim(), body.trim()))
}

/// How many kinds of texts were published.
pub(super) fn publish(client: &mut Client) -> Result<u64> {
    let mut transaction = client.transaction()?;
    let mut published = 0;
    for (kind, language, file) in TEXTS {
        let (title, body) = titled(file).with_context(|| format!("{kind}.{language}.md has no title"))?;
        // A kind's first text begins its version; what an administrator published stays as it is.
        published += transaction.execute(
            "insert into content.documents (kind, version, published_at)
             select $1, 1, timestamptz '2026-01-01 00:00:00Z'
             where not exists (select from content.documents where kind = $1)",
            &[&kind],
        )?;
        transaction.execute(
            "insert into content.texts (kind, version, language, title, body)
             select kind, version, $2, $3, $4 from content.documents d
             where kind = $1 and version = 1 and published_by is null
               and not exists (select from content.documents later where later.kind = $1 and later.version > 1)
             on conflict do nothing",
            &[&kind, &language, &title, &body],
        )?;
    }
    transaction.commit()?;
    Ok(published)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The languages of a kind say the same: they have the same sections.
    #[test]
    fn every_text_is_there_in_every_language() {
        for kinds in TEXTS.chunks(3) {
            let sections = kinds.iter().map(|(kind, language, file)| {
                let (title, body) = titled(file).unwrap();
                assert!(!title.is_empty() && !body.contains("\n# "), "{kind}.{language}");
                assert!(!body.contains('<'), "{kind}.{language} holds HTML");
                assert!((500..20_000).contains(&body.chars().count()), "{kind}.{language}");
                body.lines().filter(|line| line.starts_with("## ")).count()
            });
            let sections: Vec<_> = sections.collect();
            assert!(
                sections[0] > 3 && sections.iter().all(|n| *n == sections[0]),
                "{:?}: {sections:?}",
                kinds[0].0
            );
        }
    }
}

//! Documents and what may stand in them. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kernel::{FieldError, Language, Params, id::StaffId};

const MAX_TITLE_CHARS: usize = 200;
const MAX_BODY_CHARS: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Faq,
    Terms,
    Privacy,
    Cookies,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Faq, Self::Terms, Self::Privacy, Self::Cookies];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Faq => "faq",
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::Cookies => "cookies",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A document in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) title: String,
    /// Markdown.
    pub(crate) body: String,
}

pub(crate) type Texts = BTreeMap<Language, Text>;

/// A version as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) version: i32,
    pub(crate) at: DateTime<Utc>,
    /// None: it came with the shop.
    pub(crate) by: Option<StaffId>,
}

/// Part of a document below a heading of the second level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// Empty for what stands before the first heading.
    pub(crate) title: String,
    pub(crate) body: String,
}

/// Cuts Markdown at its headings of the second level; what looks like one inside a code block is none.
pub(crate) fn sections(markdown: &str) -> Vec<Section> {
    let mut sections = vec![Section { title: String::new(), body: String::new() }];
    let mut fenced = false;
    for line in markdown.lines() {
        fenced ^= line.trim_start().starts_with("```");
        match line.strip_prefix("## ").filter(|_| !fenced) {
            Some(title) => {
                let title = title.trim().trim_end_matches('#').trim_end().to_owned();
                sections.push(Section { title, body: String::new() });
            }
            None => {
                if let Some(section) = sections.last_mut() {
                    section.body.push_str(line);
                    section.body.push('\n');
                }
            }
        }
    }
    for section in &mut sections {
        section.body = section.body.trim().to_owned();
    }
    sections.retain(|section| !(section.title.is_empty() && section.body.is_empty()));
    sections
}

/// What is wrong with new texts. A language that readers have had stays: who drops one has forgotten it.
pub(crate) fn wrong(texts: &Texts, before: &Texts) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut note = |field: String, code, params| wrong.push(FieldError { field, code, params });
    for (language, Text { title, body }) in texts {
        for (name, text, max) in [("title", title, MAX_TITLE_CHARS), ("markdown", body, MAX_BODY_CHARS)] {
            let field = format!("translations.{}.{name}", language.code());
            let lines = name == "markdown";
            if text.is_empty() {
                note(field, "REQUIRED", Params::new());
            } else if text.chars().count() > max {
                note(field, "TOO_LONG", Params::from_iter([("max".to_owned(), max.into())]));
            } else if text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\n' | '\t'))) {
                note(field, "INVALID", Params::new());
            } else if has_html(text) {
                note(field, "HTML", Params::new());
            } else if has_odd_links(text) {
                note(field, "LINK", Params::new());
            }
        }
    }
    for language in before.keys().filter(|language| !texts.contains_key(language)) {
        note(format!("translations.{}", language.code()), "REQUIRED", Params::new());
    }
    if texts.is_empty() && before.is_empty() {
        note("translations".to_owned(), "REQUIRED", Params::new());
    }
    wrong
}

/// Markdown lets HTML through; whoever shows it must not have to clean it first.
fn has_html(text: &str) -> bool {
    let opens =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
    text.split('<').skip(1).any(opens)
}

/// Links that lead neither into the shop, nor into the web, nor to a person.
fn has_odd_links(text: &str) -> bool {
    let targets = text.match_indices("](").chain(text.match_indices("]:"));
    targets.filter_map(|(at, mark)| text.get(at + mark.len()..)).any(|target| {
        let target: String = target.trim_start_matches([' ', '\n', '\t', '<']).to_lowercase();
        let end = target.find(['/', '#', '?', ')', ' ', '\n']).unwrap_or(target.len());
        let scheme = target.find(':').filter(|colon| *colon < end).and_then(|colon| target.get(..colon));
        // An entity hides a colon.
        let hidden = target.get(..end).is_some_and(|head| head.contains('&'));
        hidden || scheme.is_some_and(|scheme| !matches!(scheme, "http" | "https" | "mailto" | "tel"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(language: Language, title: &str, body: &str) -> Texts {
        Texts::from([(language, Text { title: title.to_owned(), body: body.to_owned() })])
    }

    #[test]
    fn sections_begin_with_their_headings() {
        let text =
            "Hello.\n\n## One ##\nFirst\n### deeper\nmore\n```\n## no heading\n```\n## Two\n\n- a\n- b\n";
        let cut: Vec<_> = sections(text).into_iter().map(|s| (s.title, s.body)).collect();
        let expected = [
            ("", "Hello."),
            ("One", "First\n### deeper\nmore\n```\n## no heading\n```"),
            ("Two", "- a\n- b"),
        ];
        assert_eq!(cut, expected.map(|(title, body)| (title.to_owned(), body.to_owned())));
        assert_eq!(sections(""), []);
    }

    #[test]
    fn only_plain_markdown_is_published() {
        let code = |title: &str, body: &str| {
            let wrong = wrong(&texts(Language::Tr, title, body), &Texts::new());
            wrong.into_iter().map(|e| format!("{}:{}", e.field, e.code)).collect::<Vec<_>>().join(" ")
        };
        for good in [
            "1 < 2, 3 > 2, a <- b",
            "[a](https://example.com/a:b) [b](/terms) [c](#top) [d](mailto:a@b.pl) [e](tel:+48501234567)",
            "**Note:** [see below]: nothing",
            "two\nlines\twith a tab",
        ] {
            assert_eq!(code("Terms", good), "", "{good}");
        }
        for (bad, told) in [
            ("a <b>c</b>", "HTML"),
            ("<script>", "HTML"),
            ("<!-- -->", "HTML"),
            ("<https://example.com>", "HTML"),
            ("[a](javascript:alert(1))", "LINK"),
            ("[a]( JavaScript:alert(1))", "LINK"),
            ("[a](java&#115;cript:alert(1))", "LINK"),
            ("![a](data:text/html,x)", "LINK"),
            ("[a]: vbscript:x", "LINK"),
            ("", "REQUIRED"),
            ("a\u{0}", "INVALID"),
        ] {
            assert_eq!(code("Terms", bad), format!("translations.tr.markdown:{told}"), "{bad}");
        }
        assert_eq!(code("", "x"), "translations.tr.title:REQUIRED");
        assert_eq!(code("a\nb", "x"), "translations.tr.title:INVALID");
        assert_eq!(code("x", &"x".repeat(20_001)), "translations.tr.markdown:TOO_LONG");
    }

    #[test]
    fn the_texts_of_the_seed_could_be_published() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/seed/content");
        let mut files = 0;
        for file in std::fs::read_dir(dir).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let (title, body) = text.split_once('\n').unwrap();
            let title = title.strip_prefix("# ").unwrap();
            assert_eq!(wrong(&texts(Language::Tr, title, body.trim()), &Texts::new()), [], "{path:?}");
            files += 1;
        }
        assert_eq!(files, 12);
    }

    #[test]
    fn a_language_is_not_lost() {
        let (tr, pl) = (texts(Language::Tr, "a", "b"), texts(Language::Pl, "a", "b"));
        let told: Vec<_> = wrong(&pl, &tr).into_iter().map(|e| e.field).collect();
        assert_eq!(told, ["translations.tr"]);
        assert_eq!(wrong(&Texts::new(), &Texts::new()).len(), 1);
        assert_eq!(wrong(&tr, &Texts::new()), []);
    }
}

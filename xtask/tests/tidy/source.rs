//! As much understanding of Rust's syntax as the rules need: where comments and strings are, and where tests begin.

/// The same text with comments blanked out, byte for byte, so that positions stay right.
pub(crate) fn without_comments(text: &str) -> String {
    blank(text, |kind| kind == Kind::Comment)
}

/// Comments and what is in string and character literals blanked out.
pub(crate) fn without_literals(text: &str) -> String {
    blank(text, |kind| kind != Kind::Code)
}

/// `(position, content)` of every string literal.
pub(crate) fn strings(text: &str) -> Vec<(usize, &str)> {
    let parts = split(text);
    let strings = parts.into_iter().filter(|(kind, _, _)| *kind == Kind::String);
    strings.filter_map(|(_, from, to)| Some((from, text.get(from..to)?))).collect()
}

/// `code` (without literals) with every `#[cfg(test)]` item blanked out.
pub(crate) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = code.to_owned();
    while let Some(from) = kept.find(MARK) {
        let rest = &kept[from..];
        // `mod tests;` ends at its semicolon, `mod tests { … }` at its own bracket.
        let end = match rest.find([';', '{']) {
            Some(at) if rest[at..].starts_with('{') => closing(rest, at) + 1,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let to = from + end;
        let blank = spaces(&kept[from..to]);
        kept.replace_range(from..to, &blank);
    }
    kept
}

/// The position of the bracket that closes the one at `open`, in text without literals.
pub(crate) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len().saturating_sub(1)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    String,
    Character,
}

fn blank(text: &str, unwanted: impl Fn(Kind) -> bool) -> String {
    let parts = split(text).into_iter();
    let keep = |(kind, from, to): (Kind, usize, usize)| {
        if unwanted(kind) { spaces(&text[from..to]) } else { text[from..to].to_owned() }
    };
    parts.map(keep).collect()
}

fn spaces(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// The whole text in parts, one after the other; quotes belong to the code around a literal.
fn split(text: &str) -> Vec<(Kind, usize, usize)> {
    let mut parts = Vec::new();
    let (mut at, mut code) = (0, 0);
    while at < text.len() {
        let Some((kind, from, to, next)) = literal(text, at) else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        parts.push((Kind::Code, code, from));
        parts.push((kind, from, to));
        (at, code) = (next, to);
    }
    parts.push((Kind::Code, code, text.len()));
    parts
}

/// What begins at `at`, when it is not plain code: its kind, its content's range, and where code goes on.
fn literal(text: &str, at: usize) -> Option<(Kind, usize, usize, usize)> {
    let rest = &text[at..];
    if rest.starts_with("//") {
        let end = at + rest.find('\n').unwrap_or(rest.len());
        return Some((Kind::Comment, at, end, end));
    }
    if rest.starts_with("/*") {
        let end = at + rest.find("*/").map_or(rest.len(), |end| end + 2);
        return Some((Kind::Comment, at, end, end));
    }
    if let Some(inside) = rest.strip_prefix('"') {
        let end = at + 1 + unescaped(inside, '"');
        return Some((Kind::String, at + 1, end, (end + 1).min(text.len())));
    }
    if let Some(raw) = rest.strip_prefix('r') {
        let hashes = raw.bytes().take_while(|byte| *byte == b'#').count();
        let word_before = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if raw[hashes..].starts_with('"') && (!word_before || text[..at].ends_with('b')) {
            let from = at + 1 + hashes + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = from + text[from..].find(&close).unwrap_or(text.len() - from);
            return Some((Kind::String, from, end, (end + close.len()).min(text.len())));
        }
    }
    if let Some(inside) = rest.strip_prefix('\'') {
        // A character ends with a quote right after it; a lifetime does not.
        let length = inside.chars().next().map_or(0, char::len_utf8);
        if inside.starts_with('\\') {
            let end = at + 1 + unescaped(inside, '\'');
            return Some((Kind::Character, at + 1, end, (end + 1).min(text.len())));
        }
        if inside[length..].starts_with('\'') {
            return Some((Kind::Character, at + 1, at + 1 + length, at + 2 + length));
        }
    }
    None
}

/// Where the closing quote is.
fn unescaped(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return at;
        }
    }
    text.len()
}

#[test]
fn comments_and_strings_are_told_apart() {
    let text = "let a = \"// no\"; // yes \"x\"\nlet b = r#\"a \"q\" b\"#; let c = '\"'; fn f<'a>() {} /* \" */ let d = \"e\";";
    let found: Vec<_> = strings(text).into_iter().map(|(_, content)| content).collect();
    assert_eq!(found, ["// no", "a \"q\" b", "e"]);
    let code = without_literals(text);
    assert_eq!(code.len(), text.len());
    assert!(!code.contains("no") && !code.contains("yes") && code.contains("fn f<'a>() {}"));
    assert!(without_comments(text).contains("// no"));
}

#[test]
fn tests_are_cut_out_and_what_follows_them_stays() {
    let code = "fn a() {}\n#[cfg(test)]\nmod tests { use super::*; fn b() { {} } }\nfn c() {}\n#[cfg(test)]\nmod more;\nfn d() {}";
    let kept = without_tests(code);
    assert!(!kept.contains("fn b") && !kept.contains("more"));
    assert!(kept.contains("fn a") && kept.contains("fn c") && kept.contains("fn d"));
}

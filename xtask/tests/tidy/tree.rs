//! The files of the checkout, and how a broken rule is told.

use std::fs;
use std::path::{Path, PathBuf};

/// Domain crates, each with the `PostgreSQL` schema it owns.
pub(crate) const DOMAINS: &[(&str, &str)] = &[
    ("identity", "identity"),
    ("user", "users"),
    ("catalog", "catalog"),
    ("content", "content"),
    ("shopping", "shopping"),
    ("inventory", "inventory"),
    ("order", "orders"),
    ("payment", "payments"),
    ("notification", "notification"),
];

pub(crate) fn is_domain(name: &str) -> bool {
    DOMAINS.iter().any(|(domain, _)| *domain == name)
}

pub(crate) fn root() -> PathBuf {
    // Asked for while running: the checkout may have been moved since this was compiled.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap();
    own.parent().unwrap().to_path_buf()
}

pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Another file includes it under `#[cfg(test)]`.
    only_for_tests: bool,
}

impl File {
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The crate's folder below crates/, or the first folder.
    pub(crate) fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            first => first.unwrap_or_default(),
        }
    }

    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        let folders = self.path.rsplit_once('/').map_or("", |(folders, _)| folders);
        folders.split('/').any(|part| part == folder)
    }

    /// A file that holds nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        self.only_for_tests || self.name() == "tests.rs" || self.has_folder("tests")
    }
}

/// All files below `folder` with that extension, by path.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<File> {
    let mut found = Vec::new();
    walk(&root(), &root().join(folder), extension, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let for_tests: Vec<String> = found.iter().flat_map(included_for_tests).collect();
    for file in &mut found {
        let module = file.path.trim_end_matches(".rs").trim_end_matches("/mod");
        file.only_for_tests =
            for_tests.iter().any(|path| module == path || module.starts_with(&format!("{path}/")));
    }
    found
}

/// The modules, as paths without extension, that a file declares as `#[cfg(test)] mod name;`.
fn included_for_tests(file: &File) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let own = match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        other => format!("{folder}/{}", other.trim_end_matches(".rs")),
    };
    let declared = file.text.split("#[cfg(test)]").skip(1).filter_map(|after| {
        let (declaration, _) = after.trim_start().split_once(';')?;
        let name = declaration.strip_prefix("pub(crate) ").unwrap_or(declaration).strip_prefix("mod ")?;
        name.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| format!("{own}/{name}"))
    });
    declared.collect()
}

fn walk(root: &Path, dir: &Path, extension: &str, found: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                walk(root, &path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push(File { path, text, only_for_tests: false });
        }
    }
}

/// The number of the line that holds the byte at `at`, from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Fails with every finding and the rule they break.
#[track_caller]
pub(crate) fn judge(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "\n{} × {rule}\n  {}\n", findings.len(), findings.join("\n  "));
}

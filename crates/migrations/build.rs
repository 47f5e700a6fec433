//! Rebuilds the embedded list when a migration is added or changed, and tells what is in it.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

fn main() -> std::io::Result<()> {
    let root = "../../migrations";
    let mut folders: Vec<_> = fs::read_dir(root)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    folders.sort();
    let mut hasher = DefaultHasher::new();
    for folder in folders {
        folder.file_name().hash(&mut hasher);
        fs::read_to_string(folder.join("up.sql"))?.hash(&mut hasher);
    }
    println!("cargo:rerun-if-changed={root}");
    println!("cargo:rustc-env=MIGRATIONS_FINGERPRINT={:016x}", hasher.finish());
    Ok(())
}

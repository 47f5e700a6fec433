//! Secrets for development: made up at the first start, kept in the development directory.

use std::{io, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// `(JWT_SIGNING_KEYS, OTP_PEPPER)`
pub(super) fn development(dir: &Path) -> io::Result<(String, String)> {
    let file = dir.join("secrets");
    if let Some(known) = std::fs::read_to_string(&file).ok().and_then(|text| parse(&text)) {
        return Ok(known);
    }
    let seed: [u8; 32] = kernel::secret::bytes().map_err(io::Error::other)?;
    let pepper: [u8; 32] = kernel::secret::bytes().map_err(io::Error::other)?;
    let made = (format!("dev:{}", STANDARD.encode(seed)), hex::encode(pepper));
    std::fs::create_dir_all(dir)?;
    // Written aside and linked into place: of two processes that start at once, one wins and both read the same.
    let draft = dir.join(format!("secrets.{}", std::process::id()));
    std::fs::write(&draft, format!("{}\n{}\n", made.0, made.1))?;
    let linked = std::fs::hard_link(&draft, &file);
    std::fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(made),
        Err(e) => std::fs::read_to_string(&file).ok().and_then(|text| parse(&text)).ok_or(e),
    }
}

fn parse(text: &str) -> Option<(String, String)> {
    let mut lines = text.lines().map(str::to_owned).filter(|l| !l.is_empty());
    Some((lines.next()?, lines.next()?))
}

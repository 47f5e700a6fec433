//! `cargo xtask keys rotate`: a fresh key signs tokens from now on, the one before it still verifies.

use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{process, say, workspace};

const VARIABLE: &str = "JWT_SIGNING_KEYS";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Put a fresh signing key in front and keep the one before it: nobody is signed out
    Rotate,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Task::Rotate = arguments.task;
    let fresh = Key::fresh(&today()?)?;
    match env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty()) {
        Some(text) => tell(&Rotated::of(&text, fresh)?),
        None => rotate_file(&secrets_file(), fresh)?,
    }
    Ok(())
}

/// What an operator does with the keys of a shop that is open.
fn tell(rotated: &Rotated) {
    let Rotated { fresh, previous } = rotated;
    say::note(format_args!(
        "The new key is {}. One instance: set the last line below and restart it.\n\
         Several: set the first line on all of them, restart them one after the other, and only then do the same with \
         the last line.\nAn instance that has not heard of a key refuses the tokens that it signed.\n\
         Ten minutes after the last restart every token of {} has expired, and it may be taken away.",
        fresh.kid, previous.kid
    ));
    say::line(format_args!("{VARIABLE}={previous},{fresh}"));
    say::line(format_args!("{VARIABLE}={fresh},{previous}"));
}

/// Where a development gateway keeps the secrets it made up: `JWT_SIGNING_KEYS` in the first line, `OTP_PEPPER` in the
/// second (gateway/src/config/secrets.rs).
fn secrets_file() -> PathBuf {
    let dir = env::var_os("DEV_DIR").filter(|dir| !dir.is_empty());
    dir.map_or_else(workspace::dev_dir, |dir| workspace::root().join(dir)).join("secrets")
}

fn rotate_file(file: &Path, fresh: Key) -> Result<()> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there are no keys yet: {VARIABLE} is not set, and no gateway has made {} (`cargo xtask up` starts one)",
            file.display()
        ),
        Err(error) => return Err(error).with_context(|| format!("could not read {}", file.display())),
    };
    let (keys, rest) = text.split_once('\n').context("the file of the development secrets was cut short")?;
    let rotated = Rotated::of(keys, fresh)?;
    // Written aside and moved into place: a gateway that starts meanwhile reads the old ones or the new ones.
    let draft = file.with_extension(format!("{}", std::process::id()));
    let mut written = File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    write!(written, "{},{}\n{rest}", rotated.fresh, rotated.previous)?;
    written.sync_all()?;
    fs::rename(&draft, file).with_context(|| format!("could not replace {}", file.display()))?;
    say::line(format_args!(
        "{} signs from the gateway's next start, {} still verifies ({})",
        rotated.fresh.kid,
        rotated.previous.kid,
        file.display()
    ));
    say::note(format_args!(
        "For production, give the keys that are set there: {VARIABLE}=… cargo xtask keys rotate\n\
         It prints what to set and writes nothing. With several instances the new key goes behind the old one on all \
         of them first, then in front."
    ));
    Ok(())
}

/// The keys after a rotation: those before the last one have verified long enough.
#[derive(Debug)]
struct Rotated {
    fresh: Key,
    previous: Key,
}

impl Rotated {
    fn of(current: &str, fresh: Key) -> Result<Self> {
        let mut keys = current.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(Key::read);
        let previous = keys.next().with_context(|| format!("{VARIABLE} holds no key"))??;
        keys.collect::<Result<Vec<_>>>()?;
        Ok(Self { fresh, previous })
    }
}

/// `kid:seed`: 1 to 64 letters, digits, `-` or `_`; 32 bytes in either alphabet of base64.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    kid: String,
    seed: String,
}

impl Key {
    /// Named for the day, and for itself: two on one day are two.
    fn fresh(day: &str) -> Result<Self> {
        let (seed, suffix) = (random::<32>()?, random::<4>()?);
        Ok(Self { kid: format!("{day}-{:08x}", u32::from_be_bytes(suffix)), seed: STANDARD.encode(seed) })
    }

    fn read(entry: &str) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        match entry.split_once(':') {
            Some((kid, seed)) if (1..=64).contains(&kid.len()) && kid.bytes().all(plain) && is_seed(seed) => {
                Ok(Self { kid: kid.to_owned(), seed: seed.to_owned() })
            }
            // The entry itself is not shown: it is a secret.
            _ => bail!("{VARIABLE} must be `kid:seed[,kid:seed…]`, each seed 32 bytes in base64"),
        }
    }
}

/// As it is configured.
impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kid, self.seed)
    }
}

/// Without the seed.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.kid)
    }
}

fn is_seed(text: &str) -> bool {
    let text = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let padded = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    STANDARD.decode(padded).is_ok_and(|bytes| bytes.len() == 32)
}

/// From the system's generator.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut source = File::open("/dev/urandom").context("the system's random numbers are not to be had")?;
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn today() -> Result<String> {
    let day = process::output("date", Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    Ok(day.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "dev:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const OLDER: &str = "older_1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA";

    fn fresh() -> Key {
        Key::fresh("2026-11-26").unwrap()
    }

    #[test]
    fn a_fresh_key_is_named_for_its_day_and_like_no_other() {
        let (one, two) = (fresh(), fresh());
        assert!(one.kid.starts_with("2026-11-26-") && one.kid.len() == 19, "{one}");
        assert!(one.kid != two.kid && one.seed != two.seed);
        assert_eq!(Key::read(&one.to_string()).unwrap(), one);
        assert!(!format!("{one:?}").contains(&one.seed));
    }

    #[test]
    fn the_signing_key_is_kept_behind_the_fresh_one_and_older_ones_go() {
        let rotated = Rotated::of(&format!(" {OLD} ,{OLDER},"), fresh()).unwrap();
        assert_eq!(rotated.previous.to_string(), OLD);
        let again = Rotated::of(&format!("{},{}", rotated.fresh, rotated.previous), fresh()).unwrap();
        assert_eq!(again.previous, rotated.fresh);
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        for bad in ["", ",", "dev", "dev:c2VjcmV0", ":AAAA", "d v:AAAA", &format!("{OLD},dev2:c2VjcmV0")] {
            let error = Rotated::of(bad, fresh()).unwrap_err().to_string();
            assert!(error.contains(VARIABLE) && !error.contains("c2VjcmV0"), "{bad}: {error}");
        }
        let url_alphabet = OLDER.replace("BBBB", "-_-_");
        assert!(Key::read(&url_alphabet).is_ok());
    }

    #[test]
    fn the_file_of_the_development_gateway_keeps_its_pepper_and_its_secrecy() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = env::temp_dir().join(format!("metropolitan-keys-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let file = dir.join("secrets");
        let nothing = rotate_file(&file, fresh()).unwrap_err().to_string();
        assert!(nothing.contains("cargo xtask up"), "{nothing}");
        fs::write(&file, format!("{OLD},{OLDER}\nthe-pepper\n")).unwrap();
        let key = fresh();
        rotate_file(&file, key.clone()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{key},{OLD}\nthe-pepper\n"));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "no draft is left");
        fs::remove_dir_all(dir).unwrap();
    }
}

//! Randomness for what must not be guessed, from the operating system's generator.

use rand::{TryRngCore as _, rngs::OsRng};

/// The system's generator did not answer; nothing secret may be made then.
#[derive(Debug, thiserror::Error)]
#[error("the system's random generator failed")]
pub struct NoEntropy(#[from] rand::rand_core::OsError);

/// `N` unguessable bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

/// A code of six digits, each of the million equally likely.
pub fn six_digits() -> Result<String, NoEntropy> {
    // 2^32 is no multiple of 10^6: the last incomplete run is drawn again.
    const EVEN: u32 = u32::MAX - u32::MAX % 1_000_000;
    loop {
        let n = u32::from_le_bytes(bytes::<4>()?);
        if n < EVEN {
            return Ok(format!("{:06}", n % 1_000_000));
        }
    }
}

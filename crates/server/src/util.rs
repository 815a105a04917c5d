//! Short functions that the standard library lacks.

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};

/// Returns the SHA-256 digest of `bytes` (<https://csrc.nist.gov/pubs/fips/180-4/upd1/final>).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

pub fn unix_time() -> Duration {
    since_epoch(SystemTime::now())
}

/// Returns the time from 1970 to `time`; zero for times before.
pub fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

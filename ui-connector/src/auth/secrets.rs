//! The secrets with which tokens are signed.

use std::io;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use jsonwebtoken::{DecodingKey, EncodingKey};

/// A shorter secret could be guessed.
const MIN_SECRET_BYTES: usize = 16;
/// A longer file is not a file of secrets.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Why the secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("{path}, which cannot be read ({1})", path = .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("{path}, which is larger than 64 KiB", path = .0.display())]
    TooLarge(PathBuf),
    #[error("a secret of {found} bytes in line {line}")]
    TooShort {
        /// The first line that is too short, counted from 1.
        line: usize,
        found: usize,
    },
}

/// The keys of one state of the file. They are never shown.
pub(super) struct Secrets {
    pub(super) signing: EncodingKey,
    pub(super) verifying: Vec<DecodingKey>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("keys", &self.verifying.len()).finish_non_exhaustive()
    }
}

impl Secrets {
    /// Takes the secrets, one a line. One newline at the end is not part of a secret.
    pub(super) fn parse(secrets: &[u8]) -> Result<Self, SecretError> {
        let secrets: Vec<_> = secrets.strip_suffix(b"\n").unwrap_or(secrets).split(|byte| *byte == b'\n').collect();
        if let Some(index) = secrets.iter().position(|secret| secret.len() < MIN_SECRET_BYTES) {
            return Err(SecretError::TooShort { line: index + 1, found: secrets[index].len() });
        }
        let signing = EncodingKey::from_secret(secrets[0]);
        Ok(Self { signing, verifying: secrets.into_iter().map(DecodingKey::from_secret).collect() })
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, SecretError> {
    let unreadable = |error| SecretError::Read(path.to_owned(), error);
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE_BYTES {
        return Err(SecretError::TooLarge(path.to_owned()));
    }
    fs::read(path).map_err(unreadable)
}

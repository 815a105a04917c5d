//! The JSON Web Tokens with which desktops identify themselves (RFC 7519).

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde_json::{Map, Value};

use super::bearer::without_bearer;

/// A shorter secret could be guessed.
const MIN_SECRET_BYTES: usize = 16;
/// A longer file is not a file of secrets.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Issues and verifies tokens, with HS256 and the secret of the deployment.
pub struct TokenKeys {
    signing: EncodingKey,
    verifying: Vec<DecodingKey>,
    project: String,
    lifetime: Duration,
}

/// Keys are never shown.
impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKeys").field("keys", &self.verifying.len()).finish_non_exhaustive()
    }
}

/// Why the secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It cannot be read.
    #[error("{0} cannot be read: {1}")]
    Read(PathBuf, #[source] io::Error),
    /// It is too large.
    #[error("{0} is larger than 64 KiB")]
    TooLarge(PathBuf),
    /// One of its lines is no usable secret.
    #[error("the secret in line {line} has {found} bytes")]
    TooShort {
        /// The first line that is too short, counted from 1.
        line: usize,
        /// Its length.
        found: usize,
    },
}

/// What a token says.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// Unix time at which the token expires, seconds.
    pub expires: f64,
    /// The id of the session that the token belongs to.
    pub session: Option<String>,
}

/// Why a token opens nothing. The texts are part of the contract with the desktops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// There is none.
    #[error("Token is missing.")]
    Missing,
    /// It is not signed by us, has expired, is not valid yet or cannot be read.
    #[error("Failed to parse your token.")]
    Unreadable,
    /// It names no project.
    #[error("The target project in your token is missing.")]
    NoProject,
    /// It names another project.
    #[error("The target project in your token is invalid.")]
    OtherProject,
    /// It never expires.
    #[error("The expiration time in your token is missing.")]
    NoExpiry,
}

#[derive(Serialize)]
struct Issued<'a> {
    exp: u64,
    iat: u64,
    jti: String,
    gcp_agent_assist_project: &'a str,
    gcp_agent_assist_user: &'a str,
}

impl TokenKeys {
    /// Reads the file with the secrets; see [`TokenKeys::new`].
    ///
    /// # Errors
    /// [`SecretError`] if the file cannot be read or a secret is empty or too short.
    pub fn read(path: &Path, project: &str, lifetime: Duration) -> Result<Self, SecretError> {
        let unreadable = |error| SecretError::Read(path.to_owned(), error);
        if fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE_BYTES {
            return Err(SecretError::TooLarge(path.to_owned()));
        }
        Self::new(&fs::read(path).map_err(unreadable)?, project, lifetime)
    }

    /// Takes the secrets, one a line: the first signs, all verify. One newline at the end is not
    /// part of a secret.
    ///
    /// # Errors
    /// [`SecretError::TooShort`] if one of them is empty or too short.
    pub fn new(secrets: &[u8], project: &str, lifetime: Duration) -> Result<Self, SecretError> {
        let secrets: Vec<_> = secrets.strip_suffix(b"\n").unwrap_or(secrets).split(|byte| *byte == b'\n').collect();
        if let Some(index) = secrets.iter().position(|secret| secret.len() < MIN_SECRET_BYTES) {
            return Err(SecretError::TooShort { line: index + 1, found: secrets[index].len() });
        }
        Ok(Self {
            signing: EncodingKey::from_secret(secrets[0]),
            verifying: secrets.into_iter().map(DecodingKey::from_secret).collect(),
            project: project.to_owned(),
            lifetime,
        })
    }

    /// A new token for `user`, which may be empty.
    ///
    /// # Errors
    /// None in practice: HS256 signs everything.
    pub fn issue(&self, user: &str) -> Result<String, jsonwebtoken::errors::Error> {
        let now = unix_time();
        let claims = Issued {
            exp: (now + self.lifetime).as_secs(),
            iat: now.as_secs(),
            jti: format!("{:032x}", rand::random::<u128>()),
            gcp_agent_assist_project: &self.project,
            gcp_agent_assist_user: user,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
    }

    /// Verifies a token, with or without the word `Bearer` in front.
    ///
    /// # Errors
    /// [`InvalidToken`] says what the desktop is told.
    pub fn verify(&self, token: &str) -> Result<Claims, InvalidToken> {
        let token = without_bearer(token.trim());
        if token.is_empty() {
            return Err(InvalidToken::Missing);
        }
        let claims = self.signed_claims(token).ok_or(InvalidToken::Unreadable)?;
        check_times(&claims, unix_time().as_secs_f64())?;
        match claims.get("gcp_agent_assist_project").and_then(Value::as_str) {
            None | Some("") => return Err(InvalidToken::NoProject),
            Some(project) if project != self.project => return Err(InvalidToken::OtherProject),
            Some(_) => {}
        }
        let expires = claims.get("exp").and_then(Value::as_f64).ok_or(InvalidToken::NoExpiry)?;
        Ok(Claims { expires, session: claims.get("jti").and_then(Value::as_str).map(str::to_owned) })
    }

    /// The claims of a token that one of our keys has signed. Times and texts are judged by the
    /// caller, because each has its own answer.
    fn signed_claims(&self, token: &str) -> Option<Map<String, Value>> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        self.verifying.iter().find_map(|key| Some(jsonwebtoken::decode(token, key, &validation).ok()?.claims))
    }
}

/// No leeway: the same machines issue and verify.
fn check_times(claims: &Map<String, Value>, now: f64) -> Result<(), InvalidToken> {
    let time = |name| match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(InvalidToken::Unreadable),
    };
    let expired = time("exp")?.is_some_and(|at| at <= now);
    // A second of tolerance: whole seconds are rounded, and instances' clocks differ by a little.
    let not_yet = time("nbf")?.is_some_and(|at| at > now + 1.0) || time("iat")?.is_some_and(|at| at > now + 1.0);
    if expired || not_yet { Err(InvalidToken::Unreadable) } else { Ok(()) }
}

fn unix_time() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests;

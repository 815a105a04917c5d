//! The JSON Web Tokens with which desktops identify themselves (RFC 7519).

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, Header};
use oidc::{numeric_date, signature_alone};
use parking_lot::{RwLock, RwLockReadGuard};
use serde::Serialize;
use serde_json::{Map, Value};
use server::authorization::without_bearer;
use server::util::{sha256, since_epoch, unix_time};

use super::secrets::{self, Secrets};

pub use super::secrets::SecretError;

/// Ours are a tenth of that; a longer one is not worth the time to verify it.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// Ours have 32.
const MAX_SESSION_ID_BYTES: usize = 128;

/// Issues and verifies tokens, with HS256 and the secrets of the deployment.
pub struct TokenKeys {
    current: RwLock<CurrentSecrets>,
    project: String,
    lifetime: Duration,
}

/// The secrets in use, and what they were made of.
struct CurrentSecrets {
    secrets: Arc<Secrets>,
    /// Digest of the file when it was last looked at; nothing if it could not be used.
    digest: Option<[u8; 32]>,
}

/// Keys are never shown.
impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKeys").field("keys", &self.keys()).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct TokenClaims {
    /// Unix time at which the token expires, seconds.
    pub expires: f64,
    /// The session that the token belongs to; those of the original belong to none.
    pub session: Option<Session>,
}

/// A login session: a row of tokens, each of which replaced the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, the claim `jti` of all its tokens.
    pub id: Box<str>,
    /// The user's name, which may be empty.
    pub user: Box<str>,
    /// When its first token was issued, Unix time in seconds, if the token says so.
    pub began: Option<u64>,
}

/// Why a token opens nothing. The texts are part of the contract with the desktops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    #[error("Token is missing.")]
    Missing,
    /// It is not signed by us, has expired, is not valid yet or cannot be read.
    #[error("Failed to parse your token.")]
    Unreadable,
    #[error("The target project in your token is missing.")]
    NoProject,
    #[error("The target project in your token is invalid.")]
    OtherProject,
    #[error("The expiration time in your token is missing.")]
    NoExpiry,
}

#[derive(Serialize)]
struct Issued<'a> {
    exp: u64,
    iat: u64,
    jti: &'a str,
    /// When the session began, if that was not now
    /// (<https://openid.net/specs/openid-connect-core-1_0.html#IDToken>).
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    gcp_agent_assist_project: &'a str,
    gcp_agent_assist_user: &'a str,
}

impl TokenKeys {
    /// Reads the file with the secrets; see [`TokenKeys::new`].
    ///
    /// # Errors
    /// [`SecretError`] if the file cannot be read or a secret is empty or too short.
    pub fn read(path: &Path, project: &str, lifetime: Duration) -> Result<Self, SecretError> {
        Self::new(&secrets::read(path)?, project, lifetime)
    }

    /// Takes the secrets, one a line: the first signs, all verify. One newline at the end is not
    /// part of a secret.
    ///
    /// # Errors
    /// [`SecretError::TooShort`] if one of them is empty or too short.
    pub fn new(file: &[u8], project: &str, lifetime: Duration) -> Result<Self, SecretError> {
        let current = CurrentSecrets { secrets: Arc::new(Secrets::parse(file)?), digest: Some(sha256(file)) };
        Ok(Self { current: RwLock::new(current), project: project.to_owned(), lifetime })
    }

    pub fn keys(&self) -> usize {
        self.secrets().verifying.len()
    }

    /// Takes new secrets, if the file has changed. Unusable ones leave the old ones in use.
    pub(super) fn renew(&self, file: Result<Vec<u8>, SecretError>) -> Result<bool, SecretError> {
        let parsed = file.and_then(|file| {
            let digest = sha256(&file);
            if self.current().digest == Some(digest) { Ok(None) } else { Ok(Some((Secrets::parse(&file)?, digest))) }
        });
        let mut current = self.current.write();
        match parsed {
            Ok(None) => Ok(false),
            Ok(Some((secrets, digest))) => {
                *current = CurrentSecrets { secrets: Arc::new(secrets), digest: Some(digest) };
                Ok(true)
            }
            Err(error) => {
                current.digest = None;
                Err(error)
            }
        }
    }

    /// Whether the secrets in use are those of the file, as far as is known.
    pub(super) fn is_current(&self) -> bool {
        self.current().digest.is_some()
    }

    fn current(&self) -> RwLockReadGuard<'_, CurrentSecrets> {
        self.current.read()
    }

    fn secrets(&self) -> Arc<Secrets> {
        self.current().secrets.clone()
    }

    /// A new token for `user`, which may be empty. It does not outlive `until`.
    ///
    /// # Errors
    /// None in practice: HS256 signs everything.
    pub fn issue(&self, user: &str, until: Option<SystemTime>) -> Result<String, jsonwebtoken::errors::Error> {
        let id = format!("{:032x}", rand::random::<u128>());
        let latest = unix_time() + self.lifetime;
        let expires = until.map_or(latest, |until| latest.min(since_epoch(until))).as_secs();
        self.sign(&Session { id: id.into(), user: user.into(), began: None }, expires)
    }

    /// One more token for a session, which does not outlive `until` (Unix time, seconds); and when it expires.
    ///
    /// # Errors
    /// None in practice: HS256 signs everything.
    pub fn extend(&self, session: &Session, until: u64) -> Result<(String, u64), jsonwebtoken::errors::Error> {
        let expires = (unix_time() + self.lifetime).as_secs().min(until);
        Ok((self.sign(session, expires)?, expires))
    }

    fn sign(&self, session: &Session, expires: u64) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Issued {
            exp: expires,
            iat: unix_time().as_secs(),
            jti: &session.id,
            auth_time: session.began,
            gcp_agent_assist_project: &self.project,
            gcp_agent_assist_user: &session.user,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.secrets().signing)
    }

    /// For how long a new token is valid.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Verifies a token, with or without the word `Bearer` in front.
    ///
    /// # Errors
    /// [`InvalidToken`], whose text the desktop gets.
    pub fn verify(&self, token: &str) -> Result<TokenClaims, InvalidToken> {
        self.open(token, false)
    }

    /// Verifies everything about a token except that it has not expired. What it opens is for the
    /// caller to say.
    ///
    /// # Errors
    /// As for [`TokenKeys::verify`].
    pub fn verify_expired(&self, token: &str) -> Result<TokenClaims, InvalidToken> {
        self.open(token, true)
    }

    fn open(&self, token: &str, even_expired: bool) -> Result<TokenClaims, InvalidToken> {
        let token = without_bearer(token);
        if token.is_empty() {
            return Err(InvalidToken::Missing);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken::Unreadable);
        }
        let claims = self.signed_claims(token).ok_or(InvalidToken::Unreadable)?;
        check_times(&claims, unix_time().as_secs_f64(), even_expired)?;
        match claims.get("gcp_agent_assist_project").and_then(Value::as_str) {
            None | Some("") => return Err(InvalidToken::NoProject),
            Some(project) if project != self.project => return Err(InvalidToken::OtherProject),
            Some(_) => {}
        }
        let expires = claims.get("exp").and_then(Value::as_f64).ok_or(InvalidToken::NoExpiry)?;
        Ok(TokenClaims { expires, session: session(&claims) })
    }

    /// The claims of a token that one of our keys has signed. Times and texts are judged by the
    /// caller, because each has its own answer.
    fn signed_claims(&self, token: &str) -> Option<Map<String, Value>> {
        let validation = signature_alone(Algorithm::HS256);
        self.secrets().verifying.iter().find_map(|key| Some(jsonwebtoken::decode(token, key, &validation).ok()?.claims))
    }
}

/// No leeway: the same machines issue and verify.
fn check_times(claims: &Map<String, Value>, now: f64, even_expired: bool) -> Result<(), InvalidToken> {
    let time = |name| numeric_date(claims, name).map_err(|_| InvalidToken::Unreadable);
    let expired = time("exp")?.is_some_and(|at| at <= now) && !even_expired;
    // A second of tolerance: whole seconds are rounded, and instances' clocks differ by a little.
    let not_yet = time("nbf")?.is_some_and(|at| at > now + 1.0) || time("iat")?.is_some_and(|at| at > now + 1.0);
    if expired || not_yet { Err(InvalidToken::Unreadable) } else { Ok(()) }
}

fn session(claims: &Map<String, Value>) -> Option<Session> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    let id = text("jti").filter(|id| !id.is_empty() && id.len() <= MAX_SESSION_ID_BYTES)?.into();
    let began = claims.get("auth_time").or_else(|| claims.get("iat")).and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time before 1970 becomes 1970")]
    let began = began.map(|seconds| seconds as u64);
    Some(Session { id, user: text("gcp_agent_assist_user").unwrap_or_default().into(), began })
}

#[cfg(test)]
mod tests;

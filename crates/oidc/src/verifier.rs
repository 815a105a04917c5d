//! A token's signature and claims.

use std::time::SystemTime;

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use reqwest::Client;
use serde_json::{Map, Value};

use crate::claims::{Claims, Expected, InvalidClaim};
use crate::jwks::{KeySet, KeysUnavailable};

/// Maximum length of a token.
const MAX_BYTES: usize = 16 * 1024;

/// Verifies the tokens of one issuer.
#[derive(Debug)]
pub struct Verifier {
    keys: KeySet,
    algorithms: &'static [Algorithm],
}

/// Why a token proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Unavailable(#[from] KeysUnavailable),
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("it is no signed token")]
    NoToken,
    #[error("its algorithm is not accepted")]
    Algorithm,
    #[error("the issuer has no key of its id and kind")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
}

impl Verifier {
    /// All signatures that a public key can check. Never `none`, and never those that a public key could make (HS256).
    const PUBLIC_KEY: &'static [Algorithm] = &[
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::EdDSA,
    ];

    /// Accepts every signature that a public key can check.
    pub fn new(keys: KeySet) -> Self {
        Self { keys, algorithms: Self::PUBLIC_KEY }
    }

    /// Accepts RS256 alone.
    pub fn rs256(keys: KeySet) -> Self {
        Self { keys, algorithms: &[Algorithm::RS256] }
    }

    /// Verifies a token. `http` fetches the keys of its issuer.
    ///
    /// # Errors
    /// [`VerifyError`]: it is not valid, or the keys of the issuer are not available.
    pub async fn verify(&self, http: &Client, token: &str, expected: &Expected) -> Result<Claims, VerifyError> {
        let header = header(token)?;
        if !self.algorithms.contains(&header.alg) {
            return Err(Invalid::Algorithm.into());
        }
        let mut keys = self.keys.find(http, header.kid.as_deref()).await?;
        keys.retain(|key| fits(key, header.alg));
        if keys.is_empty() {
            return Err(Invalid::UnknownKey.into());
        }
        let claims = keys.iter().find_map(|key| signed_claims(token, key, header.alg)).ok_or(Invalid::Signature)?;
        Ok(Claims::check(&claims, expected, SystemTime::now()).map_err(Invalid::from)?)
    }
}

/// The claims of a token whose signature the platform has checked and removed.
///
/// # Errors
/// [`Invalid`] if it says that it was not signed with RS256, or a claim is wrong.
pub fn claims_without_signature(token: &str, expected: &Expected) -> Result<Claims, Invalid> {
    if header(token)?.alg != Algorithm::RS256 {
        return Err(Invalid::Algorithm);
    }
    let claims: Map<String, Value> = insecure_decode_claims(token).map_err(|_| Invalid::NoToken)?;
    Ok(Claims::check(&claims, expected, SystemTime::now())?)
}

fn header(token: &str) -> Result<Header, Invalid> {
    if token.len() > MAX_BYTES {
        return Err(Invalid::NoToken);
    }
    // What names an unknown algorithm, such as none, cannot be read.
    jsonwebtoken::decode_header(token).map_err(|_| Invalid::NoToken)
}

/// A key of one kind proves nothing about a signature of another, and one that names its algorithm has no other.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => algorithm == ES256,
            EllipticCurve::P384 => algorithm == ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(_) => algorithm == EdDSA,
        // A secret is no public key, and a kind that is not known yet proves nothing.
        _ => false,
    };
    kind && key.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"))
}

/// The claims, if the key has signed them. They are judged by the caller.
fn signed_claims(token: &str, key: &Jwk, algorithm: Algorithm) -> Option<Map<String, Value>> {
    let key = DecodingKey::from_jwk(key).ok()?;
    Some(jsonwebtoken::decode(token, &key, &signature_alone(algorithm)).ok()?.claims)
}

/// Has the signature of a token verified, and none of its claims.
pub fn signature_alone(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

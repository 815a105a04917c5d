//! Tokens, and the keys that sign them.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    private: EncodingKey,
    /// Its public part, as a JSON Web Key.
    pub public: Value,
    algorithm: Algorithm,
}

impl SigningKey {
    pub fn rsa(kid: &str) -> Self {
        let pair = rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("its private part");
        let public = pair.public_key();
        let n = BASE64.encode(public.modulus().big_endian_without_leading_zero());
        let e = BASE64.encode(public.exponent().big_endian_without_leading_zero());
        let public = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e});
        // A PKCS#8 key wraps the PKCS#1 key that is wanted here, which begins after 26 bytes.
        let private = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
        Self { kid: kid.to_owned(), private, public, algorithm: Algorithm::RS256 }
    }

    pub fn ec(kid: &str) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let pkcs8 = pkcs8.expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).expect("the key");
        // An uncompressed point: 4, x, y (<https://www.rfc-editor.org/rfc/rfc5480#section-2.2>).
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|part| BASE64.encode(part));
        let public = json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y});
        let private = EncodingKey::from_ec_der(pkcs8.as_ref());
        Self { kid: kid.to_owned(), private, public, algorithm: Algorithm::ES256 }
    }

    /// The same key under another id.
    #[must_use]
    pub fn renamed(&self, kid: &str) -> Self {
        Self { kid: kid.to_owned(), ..self.clone() }
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.private).expect("a token")
    }
}

/// A token that is signed with a shared secret.
pub fn hmac(algorithm: Algorithm, secret: &[u8], claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).expect("a token")
}

/// A token as Cloud Run hands it on
/// (<https://cloud.google.com/run/docs/troubleshooting#signature-removed>).
pub fn without_signature(claims: &Value) -> String {
    let head = json!({"alg": "RS256", "kid": "k", "typ": "JWT"});
    let [head, claims] = [&head, claims].map(|part| BASE64.encode(part.to_string()));
    format!("{head}.{claims}.SIGNATURE_REMOVED_BY_GOOGLE")
}

/// Claims with some of them replaced.
pub fn with(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    i64::try_from(since.as_secs()).expect("a time before the end of time")
}

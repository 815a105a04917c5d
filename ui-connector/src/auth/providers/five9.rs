//! `Five9`: a token that the Five9 adapter and the connector share.

use async_trait::async_trait;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret, SecretString};
use server::env::EnvReader;

use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};

/// A shorter one could be guessed.
const MIN_BYTES: usize = 16;

/// Admits who presents the one token.
#[derive(Debug)]
pub struct Five9(SecretString);

impl Five9 {
    /// Admits the bearer of `token`.
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }

    /// Reads `FIVE9_TRUST_TOKEN`.
    pub fn read(env: &mut EnvReader) -> Option<Self> {
        let expected = "the token that the Five9 adapter sends, at least 16 bytes";
        let token = env.required("FIVE9_TRUST_TOKEN", expected);
        if token.len() >= MIN_BYTES {
            return Some(Self::new(token.into()));
        }
        if !token.is_empty() {
            env.problem("FIVE9_TRUST_TOKEN", format!("{} bytes", token.len()), expected);
        }
        None
    }
}

#[async_trait]
impl IdentityProvider for Five9 {
    fn name(&self) -> &'static str {
        "Five9"
    }

    async fn verify(&self, token: &PlatformToken) -> Result<Admission, Refusal> {
        // A comparison that ends at the first difference would tell how much was right.
        verify_slices_are_equal(token.expose().as_bytes(), self.0.expose_secret().as_bytes())
            .map(|()| Admission::default())
            .map_err(|_| Refusal::Denied("the token is another one".into()))
    }
}

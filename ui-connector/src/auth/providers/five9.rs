//! `Five9`: a token that the Five9 adapter and the connector share.

use async_trait::async_trait;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use settings::Reader;

use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::variables::FIVE9_TRUST_TOKEN;

/// Admits the bearers of one token.
#[derive(Debug)]
pub struct Five9(SecretString);

impl Five9 {
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }

    pub(crate) fn read(env: &mut Reader) -> Option<Self> {
        FIVE9_TRUST_TOKEN.required(env).map(Self::new)
    }
}

#[async_trait]
impl IdentityProvider for Five9 {
    fn name(&self) -> &'static str {
        "Five9"
    }

    async fn verify(&self, _: &Client, token: &PlatformToken) -> Result<Admission, Refusal> {
        // A comparison that ends at the first difference would disclose how much was right.
        verify_slices_are_equal(token.expose().as_bytes(), self.0.expose_secret().as_bytes())
            .map(|()| Admission::default())
            .map_err(|_| Refusal::Denied("the token is another one".into()))
    }
}

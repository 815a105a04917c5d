//! `OIDC`: any `OpenID` Connect provider, by its ID tokens
//! (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).

use async_trait::async_trait;
use oidc::{Expected, KeySet, Source, Verifier, VerifyError};
use reqwest::Client;
use server::telemetry::causes;
use settings::Reader;

use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use crate::variables::{OIDC_AUDIENCE, OIDC_ISSUER};

/// Admits bearers of a token that one issuer has made for us.
#[derive(Debug)]
pub struct Oidc {
    verifier: Verifier,
    expected: Expected,
}

impl Oidc {
    /// Admits tokens of `issuer` for one of `audiences`. Its keys are fetched when the first token comes.
    pub fn new(issuer: &str, audiences: Vec<String>) -> Self {
        let keys = KeySet::new(Source::Issuer(issuer.to_owned()));
        Self { verifier: Verifier::new(keys), expected: Expected { issuers: vec![issuer.to_owned()], audiences } }
    }

    pub(crate) fn read(env: &mut Reader) -> Option<Self> {
        let (issuer, audiences) = (OIDC_ISSUER.required(env), OIDC_AUDIENCE.required(env));
        Some(Self::new(&issuer?, audiences?))
    }
}

#[async_trait]
impl IdentityProvider for Oidc {
    fn name(&self) -> &'static str {
        "OIDC"
    }

    async fn verify(&self, http: &Client, token: &PlatformToken) -> Result<Admission, Refusal> {
        match self.verifier.verify(http, token.required()?, &self.expected).await {
            Ok(claims) => Ok(Admission { until: Some(claims.expires) }),
            Err(VerifyError::Invalid(reason)) => Err(Refusal::Denied(reason.to_string())),
            Err(VerifyError::Unavailable(error)) => Err(Refusal::Unavailable(causes(&error).to_string())),
        }
    }
}

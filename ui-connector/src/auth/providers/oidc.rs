//! `OIDC`: any `OpenID` Connect provider, by its ID tokens
//! (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).

use async_trait::async_trait;
use oidc::{Expected, KeySet, Source, Verifier, VerifyError};
use reqwest::{Client, Url};
use server::client::is_protected;
use server::env::EnvReader;
use server::telemetry::causes;

use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};

/// Admits bearers of a token that one issuer has made for us.
#[derive(Debug)]
pub struct Oidc {
    verifier: Verifier,
    expected: Expected,
}

impl Oidc {
    /// Admits tokens of `issuer` for one of `audiences`. Its keys are fetched when the first token comes.
    pub fn new(client: Client, issuer: &str, audiences: Vec<String>) -> Self {
        let keys = KeySet::new(client, Source::Issuer(issuer.to_owned()));
        Self { verifier: Verifier::new(keys), expected: Expected { issuers: vec![issuer.to_owned()], audiences } }
    }

    /// Reads `OIDC_ISSUER` and `OIDC_AUDIENCE`.
    pub fn read(env: &mut EnvReader, client: Client) -> Option<Self> {
        let expected = "the https URL of the issuer, exactly as in its tokens";
        let issuer = env.required("OIDC_ISSUER", expected);
        let is_usable = issuer.parse().is_ok_and(|url: Url| is_protected(&url) && url.query().is_none());
        if !is_usable && !issuer.is_empty() {
            env.problem("OIDC_ISSUER", format!("{issuer:?}"), expected);
        }
        let audiences = env.required("OIDC_AUDIENCE", "the client id that tokens are made for; several with commas");
        let audiences: Vec<_> = audiences.split(',').map(str::trim).filter(|audience| !audience.is_empty()).collect();
        let audiences: Vec<String> = audiences.into_iter().map(str::to_owned).collect();
        (is_usable && !audiences.is_empty()).then(|| Self::new(client, &issuer, audiences))
    }
}

#[async_trait]
impl IdentityProvider for Oidc {
    fn name(&self) -> &'static str {
        "OIDC"
    }

    async fn verify(&self, token: &PlatformToken) -> Result<Admission, Refusal> {
        match self.verifier.verify(token.required()?, &self.expected).await {
            Ok(claims) => Ok(Admission { until: Some(claims.expires) }),
            Err(VerifyError::Invalid(reason)) => Err(Refusal::Denied(reason.to_string())),
            Err(VerifyError::Unavailable(error)) => Err(Refusal::Unavailable(causes(&error).to_string())),
        }
    }
}

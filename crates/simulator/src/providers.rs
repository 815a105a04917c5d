//! Simulated identity providers, to try logins with: each knows one agent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// The token of the agent that every provider knows.
pub const AGENT_TOKEN: &str = "demo-agent-token";
/// The client id that the OIDC provider makes tokens for.
const AUDIENCE: &str = "demo-desktop";
const ORGANIZATION: &str = "00D000000000062";
const KEY_ID: &str = "demo-key";
/// How long an ID token is valid.
const VALID: Duration = Duration::from_hours(12);

pub struct Providers {
    url: String,
    private: EncodingKey,
    public: Value,
}

impl Providers {
    /// Providers that are served at `address`, with a fresh key.
    ///
    /// # Errors
    /// If no key can be made.
    pub fn at(address: SocketAddr) -> Result<Arc<Self>, Unspecified> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).map_err(|_| Unspecified)?;
        // An uncompressed point: 4, x, y (<https://www.rfc-editor.org/rfc/rfc5480#section-2.2>).
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        let public = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID, "x": x, "y": y});
        Ok(Arc::new(Self {
            url: format!("http://{address}"),
            private: EncodingKey::from_ec_der(pkcs8.as_ref()),
            public,
        }))
    }

    /// The environment with which a connector asks these providers, whatever its `AUTH_OPTION` is.
    pub fn environment(&self) -> [(&'static str, String); 11] {
        [
            ("SALESFORCE_BASE_URL", self.url.clone()),
            ("SALESFORCE_ORGANIZATION_ID", ORGANIZATION.into()),
            ("GENESYS_CLOUD_BASE_URL", self.url.clone()),
            ("GENESYS_CLOUD_ORGANIZATION_ID", ORGANIZATION.into()),
            ("TWILIO_FLEX_ENVIRONMENT", "demo-1234.twil.io".into()),
            ("TWILIO_FLEX_BASE_URL", self.url.clone()),
            ("TWILIO_API_BASE_URL", self.url.clone()),
            ("FIVE9_TRUST_TOKEN", AGENT_TOKEN.into()),
            ("OIDC_ISSUER", self.url.clone()),
            ("OIDC_AUDIENCE", AUDIENCE.into()),
            ("AUTH_WEBHOOK_URL", format!("{}/webhook", self.url)),
        ]
    }

    /// What the agent shows at `/register`.
    ///
    /// # Errors
    /// If the ID token cannot be signed.
    pub fn token(&self, option: &str) -> Result<String, jsonwebtoken::errors::Error> {
        if option != "OIDC" {
            return Ok(AGENT_TOKEN.to_owned());
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let claims = json!({
            "iss": self.url, "aud": AUDIENCE, "sub": "agent-1", "email": "ines@harbour-books.example",
            "iat": now.as_secs(), "exp": (now + VALID).as_secs(),
        });
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &self.private)
    }

    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/services/oauth2/userinfo", get(bearer))
            .route("/api/v2/users/me", get(bearer))
            .route("/api/v2/organizations/me", get(bearer))
            .route("/verify", post(verdict))
            .route("/webhook", post(verdict))
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .with_state(self)
    }
}

/// Salesforce and Genesys Cloud, whose members do not get in each other's way.
async fn bearer(headers: HeaderMap) -> Response {
    let sent = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if sent.strip_prefix("Bearer ") != Some(AGENT_TOKEN) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let user = json!({"user_id": "005-1", "organization_id": ORGANIZATION, "active": true, "id": ORGANIZATION, "state": "active"});
    Json(user).into_response()
}

/// Twilio's Function, and a webhook.
async fn verdict(Json(body): Json<Value>) -> Json<Value> {
    let sent = body.get("Token").or_else(|| body.get("token"));
    Json(json!({"valid": sent.is_some_and(|token| token == AGENT_TOKEN)}))
}

async fn discovery(State(providers): State<Arc<Providers>>) -> Json<Value> {
    let url = &providers.url;
    Json(json!({"issuer": url, "jwks_uri": format!("{url}/keys"), "id_token_signing_alg_values_supported": ["ES256"]}))
}

async fn keys(State(providers): State<Arc<Providers>>) -> Json<Value> {
    Json(json!({"keys": [providers.public]}))
}

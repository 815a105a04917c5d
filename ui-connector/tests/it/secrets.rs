//! What a debugger, a panic or a careless log line would print holds no secret.

use std::fs;

use connector::Config;
use connector::auth::provider::{PlatformToken, Refusal};
use connector::auth::providers::AccountCredentials;
use connector::google::credentials::{DefaultCredentials, FixedToken};
use settings::Env;

const MARK: &str = "geheim";

#[test]
fn printed_values_contain_no_secret() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("jwt_secret_key");
    fs::write(&path, "jwt-geheim-of-sixteen\nanother-geheim-of-16").unwrap();
    let environment = [
        ("GCP_PROJECT_ID", "acme-desk"),
        ("JWT_SECRET_KEY_PATH", path.to_str().unwrap()),
        ("REDIS_URL", "redis://user:redis-geheim@localhost:6379"),
        ("AUTH_OPTION", "Five9"),
        ("FIVE9_TRUST_TOKEN", "five9-geheim-of-sixteen"),
    ];
    let (_, config) = Config::from_env(Env::from(environment)).unwrap();
    let credentials: AccountCredentials =
        serde_json::from_str(r#"{"accountSid": "AC1", "authToken": "twilio-geheim"}"#).unwrap();
    let token = PlatformToken::from_header("Bearer platform-geheim");
    let printed = [
        format!("{config:?} {config:#?}"),
        format!("{:?}", config.settings.auth.agents.name()),
        format!("{credentials:?} {token:?}"),
        format!("{:?} {:?}", FixedToken::new("google-geheim").unwrap(), DefaultCredentials::default()),
        format!("{:?}", Refusal::Denied("the token is another one".into())),
    ];
    for text in printed {
        assert!(!text.contains(MARK), "{text}");
    }
    assert_eq!(token.expose(), "platform-geheim");
}

use super::*;
use std::fs;

use jsonwebtoken::EncodingKey;
use serde_json::json;

const SECRET: &str = "0123456789abcdef-secret";

fn keys(content: &str) -> Result<TokenKeys, SecretError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    TokenKeys::read(file.path(), "acme", Duration::from_mins(1))
}

fn signed(secret: &str, algorithm: Algorithm, claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn hours_from_now(hours: i64) -> i64 {
    i64::try_from(unix_time().as_secs()).unwrap() + hours * 3600
}

#[test]
fn opens_what_it_issued() {
    let keys = keys(SECRET).unwrap();
    let token = keys.issue("agent-7", None).unwrap();
    let claims = keys.verify(&token).unwrap();
    let lifetime = claims.expires - unix_time().as_secs_f64();
    assert!((58.0..=60.0).contains(&lifetime), "{lifetime}");
    assert!(claims.session.is_some_and(|session| session.id.len() == 32 && &*session.user == "agent-7"));
    for prefix in ["Bearer ", "bearer ", "BEARER  "] {
        assert!(keys.verify(&format!("{prefix}{token}")).is_ok());
    }
}

#[test]
fn every_bad_token_has_its_answer() {
    let keys = keys(SECRET).unwrap();
    let good = json!({"exp": hours_from_now(1), "gcp_agent_assist_project": "acme"});
    let with = |changes: Value| {
        let mut claims = good.clone();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        keys.verify(&signed(SECRET, Algorithm::HS256, &claims)).err()
    };
    assert_eq!(with(json!({})), None);
    assert_eq!(with(json!({"aud": "x", "iss": "y", "gcp_agent_assist_user": 5})), None);
    assert_eq!(with(json!({"exp": hours_from_now(-1)})), Some(InvalidToken::Unreadable));
    assert_eq!(with(json!({"exp": "tomorrow"})), Some(InvalidToken::Unreadable));
    assert_eq!(with(json!({"nbf": hours_from_now(1)})), Some(InvalidToken::Unreadable));
    assert_eq!(with(json!({"iat": hours_from_now(1)})), Some(InvalidToken::Unreadable));
    assert_eq!(with(json!({"exp": null})), Some(InvalidToken::NoExpiry));
    assert_eq!(with(json!({"gcp_agent_assist_project": null})), Some(InvalidToken::NoProject));
    assert_eq!(with(json!({"gcp_agent_assist_project": "other"})), Some(InvalidToken::OtherProject));
    assert_eq!(keys.verify("").err(), Some(InvalidToken::Missing));
    assert_eq!(keys.verify("Bearer ").err(), Some(InvalidToken::Missing));
}

#[test]
fn another_key_or_algorithm_opens_nothing() {
    let keys = keys(SECRET).unwrap();
    let claims = json!({"exp": hours_from_now(1), "gcp_agent_assist_project": "acme"});
    let valid = signed(SECRET, Algorithm::HS256, &claims);
    let (signed_part, _) = valid.rsplit_once('.').unwrap();
    for token in [
        signed("", Algorithm::HS256, &claims),
        signed("another-key-of-enough-length", Algorithm::HS256, &claims),
        signed(SECRET, Algorithm::HS384, &claims),
        signed(SECRET, Algorithm::HS512, &claims),
        format!("{signed_part}."),
        format!("{signed_part}.AAAA"),
        format!("eyJhbGciOiJub25lIn0.{}.", signed_part.rsplit_once('.').unwrap().1),
        signed_part.to_owned(),
        "nonsense".to_owned(),
    ] {
        assert_eq!(keys.verify(&token).err(), Some(InvalidToken::Unreadable), "{token}");
    }
}

#[test]
fn the_secret_can_be_rotated() {
    let (old, new) = ("the-old-secret-0123456789", "the-new-secret-0123456789");
    let before = keys(&format!("{old}\n")).unwrap();
    let during = keys(&format!("{new}\n{old}\n")).unwrap();
    let after = keys(new).unwrap();
    let old_token = before.issue("", None).unwrap();
    let new_token = during.issue("", None).unwrap();
    assert!(during.verify(&old_token).is_ok() && after.verify(&new_token).is_ok());
    assert!(after.verify(&old_token).is_err() && before.verify(&new_token).is_err());
}

#[test]
fn a_weak_secret_is_refused() {
    for (content, line, found) in
        [("", 1, 0), ("\n", 1, 0), ("0123456789abcde", 1, 15), ("0123456789abcdef\n\n0123456789abcdef", 2, 0)]
    {
        match keys(content) {
            Err(SecretError::TooShort { line: l, found: f, .. }) => assert_eq!((l, f), (line, found), "{content:?}"),
            other => panic!("{content:?}: {other:?}"),
        }
    }
    assert!(TokenKeys::read(Path::new("/nowhere"), "acme", Duration::from_mins(1)).is_err());
}

#[test]
fn keys_are_never_shown() {
    assert!(!format!("{:?}", keys(SECRET).unwrap()).contains("0123"));
}

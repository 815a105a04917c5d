//! What an ID token says (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};
use server::util::since_epoch;

/// By which the clocks of issuer and verifier may differ, seconds.
const LEEWAY: f64 = 60.0;

/// The claims that callers use.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// The subject that the token is about.
    pub subject: String,
    /// Its e-mail address, if the issuer gives it.
    pub email: Option<String>,
    /// Whether the issuer has verified the address.
    pub email_verified: bool,
    /// When the token expires.
    pub expires: SystemTime,
}

/// The issuers and audiences that a token may have.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Issuers, of which the token names one.
    pub issuers: Vec<String>,
    /// Audiences, of which the token names one.
    pub audiences: Vec<String>,
}

/// Which claim is not as it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClaim {
    /// `iss` names another issuer.
    #[error("the token is of another issuer")]
    Issuer,
    /// `aud` names another audience.
    #[error("the token is for another audience")]
    Audience,
    /// There are several audiences, and `azp` names none of ours.
    #[error("the token was given to another party")]
    AuthorizedParty,
    /// `exp` is missing.
    #[error("the token never expires")]
    NoExpiry,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is still to come.
    #[error("the token is not valid yet")]
    NotYet,
    /// A claim has the wrong type, or `sub` is missing.
    #[error("the token's claims cannot be read")]
    Unreadable,
}

impl Claims {
    /// Checks the claims of a token at a point of time.
    ///
    /// # Errors
    /// [`InvalidClaim`], the first that is not as it has to be.
    pub fn check(claims: &Map<String, Value>, expected: &Expected, now: SystemTime) -> Result<Self, InvalidClaim> {
        let issuer = text(claims, "iss").ok_or(InvalidClaim::Issuer)?;
        if !expected.issuers.iter().any(|expected| expected == issuer) {
            return Err(InvalidClaim::Issuer);
        }
        check_audience(claims, &expected.audiences)?;
        let now = since_epoch(now).as_secs_f64();
        let expires = check_times(claims, now)?;
        Ok(Self {
            subject: text(claims, "sub").ok_or(InvalidClaim::Unreadable)?.to_owned(),
            email: text(claims, "email").map(str::to_owned),
            // Some issuers write it as a text.
            email_verified: claims.get("email_verified").is_some_and(|value| *value == true || *value == "true"),
            expires,
        })
    }
}

fn check_audience(claims: &Map<String, Value>, ours: &[String]) -> Result<(), InvalidClaim> {
    let is_ours = |value: &Value| value.as_str().is_some_and(|audience| ours.iter().any(|our| our == audience));
    let (named, several) = match claims.get("aud") {
        Some(Value::Array(audiences)) => (audiences.iter().any(is_ours), audiences.len() > 1),
        Some(audience) => (is_ours(audience), false),
        None => (false, false),
    };
    if !named {
        return Err(InvalidClaim::Audience);
    }
    if several && !claims.get("azp").is_some_and(is_ours) {
        return Err(InvalidClaim::AuthorizedParty);
    }
    Ok(())
}

/// The claim is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number of seconds")]
pub struct InvalidDate;

/// Returns a claim that is a time, Unix time in seconds, if it is there and not `null`
/// (<https://www.rfc-editor.org/rfc/rfc7519#section-2>).
///
/// # Errors
/// [`InvalidDate`]
pub fn numeric_date(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, InvalidDate> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(InvalidDate),
    }
}

fn check_times(claims: &Map<String, Value>, now: f64) -> Result<SystemTime, InvalidClaim> {
    let time = |name| numeric_date(claims, name).map_err(|_| InvalidClaim::Unreadable);
    let expires = time("exp")?.ok_or(InvalidClaim::NoExpiry)?;
    if expires + LEEWAY <= now {
        return Err(InvalidClaim::Expired);
    }
    for name in ["nbf", "iat"] {
        if time(name)?.is_some_and(|at| at > now + LEEWAY) {
            return Err(InvalidClaim::NotYet);
        }
    }
    let since_epoch = Duration::try_from_secs_f64(expires).map_err(|_| InvalidClaim::Unreadable)?;
    SystemTime::UNIX_EPOCH.checked_add(since_epoch).ok_or(InvalidClaim::Unreadable)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(changes: &Value) -> Result<Claims, InvalidClaim> {
        let mut claims = json!({"iss": "https://issuer", "aud": "us", "sub": "7", "exp": 1000, "iat": 900});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let expected = Expected { issuers: vec!["https://issuer".into()], audiences: vec!["us".into(), "we".into()] };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(950);
        Claims::check(claims.as_object().unwrap(), &expected, now)
    }

    #[test]
    fn checks_issuer_and_audience() {
        assert!(check(&json!({})).is_ok());
        assert_eq!(check(&json!({"iss": "https://issuer/"})), Err(InvalidClaim::Issuer));
        assert_eq!(check(&json!({"iss": null})), Err(InvalidClaim::Issuer));
        for audience in [json!("them"), json!(null), json!([]), json!(["them"]), json!(7)] {
            assert_eq!(check(&json!({"aud": audience})), Err(InvalidClaim::Audience));
        }
        assert!(check(&json!({"aud": ["we"]})).is_ok());
        assert_eq!(check(&json!({"aud": ["us", "them"]})), Err(InvalidClaim::AuthorizedParty));
        assert_eq!(check(&json!({"aud": ["us", "them"], "azp": "them"})), Err(InvalidClaim::AuthorizedParty));
        assert!(check(&json!({"aud": ["us", "them"], "azp": "us"})).is_ok());
    }

    #[test]
    fn times_have_a_minute_of_tolerance() {
        assert!(check(&json!({"exp": 891})).is_ok());
        assert_eq!(check(&json!({"exp": 890})), Err(InvalidClaim::Expired));
        assert_eq!(check(&json!({"exp": null})), Err(InvalidClaim::NoExpiry));
        assert_eq!(check(&json!({"exp": "1000"})), Err(InvalidClaim::Unreadable));
        assert_eq!(check(&json!({"exp": 1e300})), Err(InvalidClaim::Unreadable));
        assert!(check(&json!({"iat": 1010, "nbf": 1010})).is_ok());
        assert_eq!(check(&json!({"iat": 1011})), Err(InvalidClaim::NotYet));
        assert_eq!(check(&json!({"nbf": 1011})), Err(InvalidClaim::NotYet));
    }
}

//! Requests to providers over HTTP, and what their answers say.

use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::StatusCode;
use reqwest::RequestBuilder;
use serde_json::{Map, Value};
use server::client::ask;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use crate::auth::provider::{Admission, Refusal};

/// The members of a JSON object.
pub(super) type Members = Map<String, Value>;

/// Asks a provider that answers a good token with a JSON object.
///
/// # Errors
/// [`Refusal`] for every other answer.
pub(super) async fn members(request: RequestBuilder) -> Result<Members, Refusal> {
    let answer = accepted(request).await?;
    serde_json::from_slice(&answer).map_err(|_| Refusal::Denied("the answer is no JSON object".into()))
}

/// Asks a provider whose answer's status says it all. What comes back is the body.
///
/// # Errors
/// [`Refusal`] for every status but 2xx. A redirect is one: it asks for a sign-in there.
pub(super) async fn accepted(request: RequestBuilder) -> Result<Bytes, Refusal> {
    let answer = ask(request).await?;
    match answer.status {
        status if status.is_success() => Ok(answer.body),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Err(Refusal::Unavailable(format!("it answered {}", status.as_u16())))
        }
        status => Err(Refusal::Denied(format!("the provider answered {}", status.as_u16()))),
    }
}

/// The text of a member, unless it is missing, empty or no text.
pub(super) fn text<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Takes `valid: false` and `success: false` for a refusal, and a time of expiry for the end of the admission. What is no
/// JSON object says nothing more.
pub(super) fn verdict(body: &[u8]) -> Result<Admission, Refusal> {
    let members: Members = serde_json::from_slice(body).unwrap_or_default();
    let refused = ["valid", "success"].into_iter().any(|name| members.get(name) == Some(&Value::Bool(false)));
    if refused {
        return Err(Refusal::Denied("the provider says that the token is not valid".into()));
    }
    let until = ["expires_at", "expiration"].into_iter().find_map(|name| time(members.get(name)?));
    Ok(Admission { until })
}

/// Seconds since 1970, or a date and time in one of the usual forms.
fn time(value: &Value) -> Option<SystemTime> {
    if let Some(seconds) = value.as_f64() {
        return SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?);
    }
    let text = value.as_str()?;
    let time = OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(text, &Rfc2822));
    time.ok().map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(body: &str) -> Option<u64> {
        let until = verdict(body.as_bytes()).unwrap().until?;
        Some(until.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn a_time_of_expiry_is_read_in_every_form() {
        assert_eq!(until(r#"{"expires_at": 1795225149}"#), Some(1_795_225_149));
        assert_eq!(until(r#"{"expiration": "2026-11-21T01:39:09Z"}"#), Some(1_795_225_149));
        assert_eq!(until(r#"{"expiration": "Sat, 21 Nov 2026 01:39:09 +0000"}"#), Some(1_795_225_149));
        for body in
            ["", "ok", "[]", "{}", r#"{"expiration": null}"#, r#"{"expiration": "soon"}"#, r#"{"expires_at": -1e99}"#]
        {
            assert_eq!(until(body), None, "{body}");
        }
    }

    #[test]
    fn the_body_may_refuse() {
        for body in [r#"{"valid": false}"#, r#"{"valid": false, "code": 20101}"#, r#"{"success": false}"#] {
            assert!(verdict(body.as_bytes()).is_err(), "{body}");
        }
    }
}

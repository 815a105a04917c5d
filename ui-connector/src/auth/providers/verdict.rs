//! The optional body of an answer whose status says that a token is valid.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use super::answer::Members;
use crate::auth::provider::{Admission, Refusal};

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

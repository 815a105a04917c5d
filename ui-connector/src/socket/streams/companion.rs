//! The URL of Dialogflow's streams, and which of them are allowed.

use serde_json::Value;

use crate::base_url::BaseUrl;
use crate::config::Settings;
use crate::google::location::Location;

/// The only method, and its path.
const METHOD: &str = "streaming_reactive_companion_suggestions";
const PATH: &str = "/google.cloud.dialogflow.v2beta1.Participants/StreamingReactiveCompanionSuggestions/channel";

/// Returns the URL of the stream that a request asks for.
///
/// # Errors
/// The message for the desktop, if the stream is not allowed.
pub(super) fn url(settings: &Settings, method: Option<&str>, payload: Option<&Value>) -> Result<String, &'static str> {
    match method {
        None | Some("") => return Err("The method is missing."),
        Some(METHOD) => {}
        Some(_) => return Err("The method is unknown."),
    }
    let participant = payload.and_then(|payload| payload.get("participant")).and_then(Value::as_str);
    let (project, location) = participant.and_then(place).ok_or("The participant names no location.")?;
    if project != settings.project {
        return Err("The participant belongs to another project.");
    }
    let location: Location = location.parse().map_err(|_| "The participant names no location.")?;
    // Unlike the REST endpoints, the global one has a prefix too.
    let base = || BaseUrl::of_host(&format!("{location}-dialogflow-webchannel.googleapis.com"));
    Ok(settings.dialogflow.endpoint.clone().unwrap_or_else(base).join(PATH))
}

/// Project and location of `projects/P/locations/L/conversations/C/participants/X`.
fn place(participant: &str) -> Option<(&str, &str)> {
    let parts: Vec<_> = participant.split('/').collect();
    match parts[..] {
        ["projects", project, "locations", location, "conversations", conversation, "participants", id] => {
            Some((project, location)).filter(|_| !conversation.is_empty() && !id.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{METHOD, PATH};
    use serde_json::Value;
    use std::time::Duration;

    use serde_json::json;

    use crate::auth::providers::Skip;
    use crate::auth::settings::AuthSettings;
    use crate::auth::token::TokenKeys;
    use crate::config::Settings;

    fn url(method: Option<&str>, participant: &Value) -> Result<String, &'static str> {
        let tokens = TokenKeys::new(&[b'x'; 16], "acme", Duration::from_mins(1)).unwrap();
        let settings = Settings::new("acme", AuthSettings::new(Skip), tokens);
        super::url(&settings, method, Some(&json!({"participant": participant})))
    }

    #[test]
    fn every_location_has_its_host() {
        for location in ["global", "europe-west3"] {
            let participant = json!(format!("projects/acme/locations/{location}/conversations/c/participants/p"));
            let expected = format!("https://{location}-dialogflow-webchannel.googleapis.com{PATH}");
            assert_eq!(url(Some(METHOD), &participant), Ok(expected));
        }
    }

    #[test]
    fn rejects_participants_that_name_another_host() {
        let good = json!("projects/acme/locations/global/conversations/c/participants/p");
        assert!(url(None, &good).is_err() && url(Some("other"), &good).is_err());
        for participant in [
            json!("projects/other/locations/global/conversations/c/participants/p"),
            json!("projects/acme/locations/evil.example#/conversations/c/participants/p"),
            json!("projects/acme/locations/evil.example?/conversations/c/participants/p"),
            json!("projects/acme/locations/a@evil.example:1/conversations/c/participants/p"),
            json!("projects/acme/locations//conversations/c/participants/p"),
            json!("projects/acme/conversations/c/participants/p"),
            json!("projects/acme/locations/global"),
            json!(7),
            json!(null),
        ] {
            assert!(url(Some(METHOD), &participant).is_err(), "{participant}");
        }
    }
}

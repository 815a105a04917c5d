//! Where Dialogflow's streams are, and who may open which.

use std::sync::Arc;

use reqwest::Client;
use serde_json::Value;

use crate::base_url::BaseUrl;
use crate::google::credentials::AccessTokens;
use crate::google::location::Location;

/// The one method that there is, and where it is.
const METHOD: &str = "streaming_reactive_companion_suggestions";
const PATH: &str = "/google.cloud.dialogflow.v2beta1.Participants/StreamingReactiveCompanionSuggestions/channel";

/// What all streams share.
pub(crate) struct Companion {
    pub(super) client: Client,
    pub(super) google: Arc<dyn AccessTokens>,
    project: String,
    endpoint: Option<BaseUrl>,
}

impl Companion {
    /// Streams of one project, opened as `google`. `endpoint` replaces Google's own addresses.
    pub(crate) fn new(client: Client, google: Arc<dyn AccessTokens>, project: &str, endpoint: Option<BaseUrl>) -> Self {
        Self { client, google, project: project.to_owned(), endpoint }
    }

    /// Where the stream that a request asks for is opened.
    ///
    /// # Errors
    /// What the desktop is told if it may not be.
    pub(super) fn url(&self, method: Option<&str>, payload: Option<&Value>) -> Result<String, &'static str> {
        match method {
            None | Some("") => return Err("The method is missing."),
            Some(METHOD) => {}
            Some(_) => return Err("The method is unknown."),
        }
        let participant = payload.and_then(|payload| payload.get("participant")).and_then(Value::as_str);
        let (project, location) = participant.and_then(place).ok_or("The participant names no location.")?;
        if project != self.project {
            return Err("The participant belongs to another project.");
        }
        let location: Location = location.parse().map_err(|_| "The participant names no location.")?;
        // Unlike the REST endpoints, the global one has a prefix too.
        let base = || BaseUrl::of_host(&format!("{location}-dialogflow-webchannel.googleapis.com"));
        Ok(self.endpoint.clone().unwrap_or_else(base).join(PATH))
    }
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
    use super::*;
    use crate::google::credentials::FixedToken;
    use serde_json::json;

    fn url(method: Option<&str>, participant: &Value) -> Result<String, &'static str> {
        let google = Arc::new(FixedToken::new("t").unwrap());
        let companion = Companion::new(Client::new(), google, "acme", None);
        companion.url(method, Some(&json!({"participant": participant})))
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
    fn a_location_cannot_lead_to_another_host_where_the_original_took_what_came() {
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

//! The file that `GOOGLE_APPLICATION_CREDENTIALS` names.

use std::fs;

use serde_json::Value;
use settings::Kind;

/// A file with Google credentials (<https://cloud.google.com/docs/authentication/application-default-credentials#GAC>). The library
/// that uses it reads it by itself.
pub struct CredentialsFile;

impl Kind for CredentialsFile {
    type Value = ();
    const EXPECTED: &str = "a file with Google credentials in JSON; leave it empty to use the metadata server";

    fn parse(text: &str) -> Result<(), String> {
        let file = fs::read(text).map_err(|error| format!("{text} ({error})"))?;
        let is_usable = serde_json::from_slice(&file).is_ok_and(|file: Value| file["type"].is_string());
        if is_usable { Ok(()) } else { Err(format!("{text}, which has no credentials")) }
    }
}

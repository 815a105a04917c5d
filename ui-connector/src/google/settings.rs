//! What can be said of Google's credentials before anybody is asked.

use std::fs;

use serde_json::Value;
use server::env::EnvReader;

/// Checks the file that `GOOGLE_APPLICATION_CREDENTIALS` names, if it names one
/// (<https://cloud.google.com/docs/authentication/application-default-credentials#GAC>).
pub(crate) fn check(env: &mut EnvReader) {
    const NAME: &str = "GOOGLE_APPLICATION_CREDENTIALS";
    let Some(path) = env.text("GOOGLE_APPLICATION_CREDENTIALS").map(str::to_owned) else { return };
    let expected = "a file with Google credentials in JSON; leave it empty to use the metadata server";
    match fs::read(&path) {
        Err(error) => env.problem(NAME, format!("{path} ({error})"), expected),
        Ok(file) => {
            let is_usable = serde_json::from_slice(&file).is_ok_and(|file: Value| file["type"].is_string());
            if !is_usable {
                env.problem(NAME, format!("{path}, which has no credentials"), expected);
            }
        }
    }
}

//! Identity providers, simulated by a local HTTP server.

mod attacks;
mod five9;
mod genesys;
mod oidc;
mod salesforce;
mod twilio;
mod webhook;

use connector::Settings;
use connector::auth::settings::AuthSettings;
use reqwest::Response;
use settings::Env;

use crate::support::{Connector, Log, settings};
use testkit::{http, in_time};

/// A connector with the identity provider that the environment names.
async fn connector(environment: &[(&'static str, &str)]) -> Connector {
    let pairs = environment.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let mut env = pairs.collect::<Env>().reader();
    let auth = AuthSettings::read(&mut env);
    env.finish(Some(())).unwrap();
    Connector::start_with(&Log::new(), Settings { auth, ..settings() }).await
}

/// The response to an agent's token.
async fn register(connector: &Connector, token: &str) -> Response {
    let request = http().post(connector.url("/register")).header("authorization", token);
    in_time("the answer", request.send()).await.unwrap()
}

async fn status(connector: &Connector, token: &str) -> u16 {
    register(connector, token).await.status().as_u16()
}

/// What is wrong with an environment.
fn problems(environment: &[(&'static str, &str)]) -> Vec<String> {
    let pairs = environment.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let mut env = pairs.collect::<Env>().reader();
    AuthSettings::read(&mut env);
    let problems = env.finish(Some(())).err().map(|error| error.to_string()).unwrap_or_default();
    problems.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn a_provider_without_what_it_needs_stops_the_process() {
    for (environment, missing) in [
        (vec![("AUTH_OPTION", "Slaesforce")], vec!["AUTH_OPTION"]),
        (vec![("AUTH_OPTION", "Salesforce")], vec!["SALESFORCE_ORGANIZATION_ID"]),
        (
            vec![("AUTH_OPTION", "SalesforceLWC"), ("SALESFORCE_ORGANIZATION_ID", "00D")],
            vec!["SALESFORCE_ORGANIZATION_ID"],
        ),
        (
            vec![("AUTH_OPTION", "GenesysCloud"), ("GENESYS_CLOUD_ENVIRONMENT", "evil.example/")],
            vec!["GENESYS_CLOUD_ENVIRONMENT"],
        ),
        (
            vec![("AUTH_OPTION", "GenesysCloud"), ("GENESYS_CLOUD_ENVIRONMENT", "a@evil.example")],
            vec!["GENESYS_CLOUD_ENVIRONMENT"],
        ),
        (vec![("AUTH_OPTION", "Twilio")], vec!["TWILIO_FLEX_ENVIRONMENT"]),
        (
            vec![("AUTH_OPTION", "Twilio"), ("TWILIO_FLEX_ENVIRONMENT", "https://a.twil.io")],
            vec!["TWILIO_FLEX_ENVIRONMENT"],
        ),
        (vec![("AUTH_OPTION", "Five9")], vec!["FIVE9_TRUST_TOKEN"]),
        (vec![("AUTH_OPTION", "Five9"), ("FIVE9_TRUST_TOKEN", "short")], vec!["FIVE9_TRUST_TOKEN"]),
        (vec![("AUTH_OPTION", "Webhook")], vec!["AUTH_WEBHOOK_URL"]),
        (vec![("AUTH_OPTION", "Webhook"), ("AUTH_WEBHOOK_URL", "http://hooks.example")], vec!["AUTH_WEBHOOK_URL"]),
        (vec![("AUTH_OPTION", "OIDC")], vec!["OIDC_ISSUER", "OIDC_AUDIENCE"]),
        (
            vec![("AUTH_OPTION", "OIDC"), ("OIDC_ISSUER", "http://a.example"), ("OIDC_AUDIENCE", "us")],
            vec!["OIDC_ISSUER"],
        ),
        (vec![("APP_AUTH_OPTION", "Skip")], vec!["APP_AUTH_OPTION"]),
        (vec![("APP_AUTH_OPTION", "Twilio")], vec!["TWILIO_ACCOUNT_SID"]),
        (vec![("APP_AUTH_OPTION", "Twilio"), ("TWILIO_ACCOUNT_SID", "../x")], vec!["TWILIO_ACCOUNT_SID"]),
    ] {
        assert_eq!(problems(&environment), missing, "{environment:?}");
    }
}

//! The identity providers that can be chosen by name.

mod five9;
mod fixed;
mod genesys_cloud;
mod http;
mod oidc;
mod salesforce;
mod twilio;
mod webhook;

pub use five9::Five9;
pub use fixed::{DenyAll, Skip};
pub use genesys_cloud::GenesysCloud;
pub use oidc::Oidc;
pub use salesforce::Salesforce;
pub use twilio::{AccountCredentials, Twilio, TwilioAccount};
pub use webhook::Webhook;

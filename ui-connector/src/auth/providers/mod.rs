//! The identity providers that can be chosen by name.

mod answer;
mod deny_all;
mod five9;
mod genesys_cloud;
mod oidc;
mod organization;
mod salesforce;
mod skip;
mod twilio;
mod twilio_account;
mod verdict;
mod webhook;

pub use deny_all::DenyAll;
pub use five9::Five9;
pub use genesys_cloud::GenesysCloud;
pub use oidc::Oidc;
pub use organization::OrganizationId;
pub use salesforce::Salesforce;
pub use skip::Skip;
pub use twilio::Twilio;
pub use twilio_account::{AccountCredentials, TwilioAccount};
pub use webhook::Webhook;

//! Who may come in: identity providers and our own tokens.

pub mod authenticated;
mod bearer;
pub mod provider;
pub mod providers;
pub mod rotation;
mod secrets;
pub mod settings;
pub mod token;

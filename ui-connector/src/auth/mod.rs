//! Identity providers, and our own tokens.

pub(crate) mod authenticated;
pub mod provider;
pub mod providers;
pub mod rate_limit;
pub mod rotation;
mod secrets;
pub mod settings;
pub mod token;

//! Identity providers, and our own tokens.

pub mod authenticated;
pub mod provider;
pub mod providers;
pub mod rotation;
mod secrets;
pub mod settings;
pub mod token;

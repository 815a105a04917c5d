//! Who may come in: identity providers and our own tokens.

pub mod bearer;
pub mod provider;
pub mod token;

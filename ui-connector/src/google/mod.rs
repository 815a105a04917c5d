//! What reaches Google: credentials, and where a location's endpoints are.

pub mod credentials;
pub mod location;

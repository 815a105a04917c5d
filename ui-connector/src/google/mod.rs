//! What reaches Google: credentials, and where a location's endpoints are.

pub mod credentials;
pub(crate) mod credentials_file;
pub mod location;

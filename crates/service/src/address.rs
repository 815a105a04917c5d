//! Whose request it is.

use std::net::IpAddr;

/// The address of the client, in the extensions of a request. Behind a proxy it is not that of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

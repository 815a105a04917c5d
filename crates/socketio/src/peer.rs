use std::net::IpAddr;

/// Where a client is. Whoever serves HTTP puts it into the extensions of the requests, because only they know whether
/// there is a proxy in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

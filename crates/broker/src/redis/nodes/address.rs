use std::fmt;
use std::str::FromStr;

use redis::ConnectionAddr;

/// Where a node of a cluster listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::redis) struct Address {
    pub(in crate::redis) host: String,
    pub(in crate::redis) port: u16,
}

impl Address {
    /// The same kind of address, with or without TLS, for this node.
    pub(super) fn in_place_of(&self, model: &ConnectionAddr) -> ConnectionAddr {
        let Self { host, port } = self.clone();
        match model {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
            }
            _ => ConnectionAddr::Tcp(host, port),
        }
    }

    /// The address that a URL gave, if it is one of the network.
    pub(super) fn of(address: &ConnectionAddr) -> Option<Self> {
        match address {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some(Self { host: host.clone(), port: *port })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The text is not `host:port`.
#[derive(Debug)]
pub(in crate::redis) struct InvalidAddress;

impl FromStr for Address {
    type Err = InvalidAddress;

    /// Reads what a redirection names; an IPv6 address has no brackets there.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or(InvalidAddress)?;
        Ok(Self { host: host.to_owned(), port: port.parse().map_err(|_| InvalidAddress)? })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn redirections_are_read() {
        for (text, host) in [("10.0.0.1:7000", "10.0.0.1"), ("2001:db8::1:7000", "2001:db8::1"), (":7000", "")] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, 7000));
        }
        assert!("10.0.0.1".parse::<Address>().is_err() && "h:x".parse::<Address>().is_err());
    }
}

//! The address of the client that sent a request.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;

/// The header in which proxies note the address that a request came from, each behind those before it
/// (<https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For>).
const FORWARDED: &str = "x-forwarded-for";

/// The other end of the connection, and how many trusted proxies are in front of it. In the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionPeer {
    pub(crate) peer: IpAddr,
    pub(crate) proxies: usize,
}

/// The address of the client. Behind a proxy it is not that of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Finds the client of a request that `http::serve` has taken.
    ///
    /// Each of our proxies has noted one address, so counted from the right that of the outermost one is the client's. What
    /// stands before it the client may have written itself. Without a usable note it is the other end of the connection.
    pub fn of(extensions: &Extensions, headers: &HeaderMap) -> Option<Self> {
        let connection = extensions.get::<ConnectionPeer>()?;
        let noted = noted(headers, connection.proxies);
        Some(Self(noted.unwrap_or(connection.peer).to_canonical()))
    }
}

/// A middleware that puts the client's address into the extensions of a request.
pub async fn note_client(mut request: Request, next: Next) -> Response {
    if let Some(address) = ClientAddress::of(request.extensions(), request.headers()) {
        request.extensions_mut().insert(address);
    }
    next.run(request).await
}

fn noted(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let from_right = proxies.checked_sub(1)?;
    let lines = headers.get_all(FORWARDED).iter().rev();
    let mut entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    address(entries.nth(from_right)?.trim())
}

/// An address, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: usize, lines: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectionPeer { peer: [10, 0, 0, 9].into(), proxies });
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED, line.parse().unwrap());
        }
        ClientAddress::of(&extensions, &headers).unwrap().0.to_string()
    }

    #[test]
    fn without_proxies_the_header_is_ignored() {
        assert_eq!(client(0, &["1.2.3.4"]), "10.0.0.9");
        assert_eq!(client(0, &[]), "10.0.0.9");
    }

    #[test]
    fn only_addresses_from_trusted_proxies_count() {
        assert_eq!(client(1, &["6.6.6.6, 1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(2, &["6.6.6.6, 1.2.3.4, 5.6.7.8"]), "1.2.3.4");
        assert_eq!(client(2, &["6.6.6.6, 1.2.3.4", "5.6.7.8"]), "1.2.3.4");
    }

    #[test]
    fn addresses_come_in_several_forms() {
        assert_eq!(client(1, &["1.2.3.4:443"]), "1.2.3.4");
        assert_eq!(client(1, &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client(1, &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(client(1, &["::ffff:1.2.3.4"]), "1.2.3.4");
    }

    #[test]
    fn garbage_is_ignored() {
        for line in ["", "unknown", "1.2.3", ",", "1.2.3.4, "] {
            assert_eq!(client(1, &[line]), "10.0.0.9", "{line:?}");
        }
        assert_eq!(client(3, &["1.2.3.4, 5.6.7.8"]), "10.0.0.9");
    }
}

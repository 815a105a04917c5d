use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which the system gives ports to clients, so that no client takes one between
/// the choice and its use.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port on which nobody listens, different at each call.
pub(crate) fn free_port() -> u16 {
    // Test processes that run at the same time begin at different places.
    let start = std::process::id().wrapping_mul(7919);
    let candidates = (0..COUNT).map(|_| FIRST + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT);
    let mut ports = candidates.map(|port| u16::try_from(port).expect("a port"));
    ports.find(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok()).expect("a free port")
}

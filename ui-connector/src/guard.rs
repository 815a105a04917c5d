//! Limits for clients that are not authenticated yet.
//!
//! Only refused attempts count. A whole contact centre shares one address, so counting accepted ones would shut out its
//! agents. Nor do attempts without any token, which the UI modules make at every start, and those about which the provider
//! gave no verdict.
//!
//! At `/register` an address over the limit gets 429 and the provider is not asked, because each question costs the provider
//! something, and the answers disclose which stolen tokens are good. A socket is different: a token costs some
//! microseconds and discloses nothing, and agents of the same address must be able to reconnect. So good tokens are accepted
//! always, and over the limit a refused connection is closed at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use settings::Reader;

use crate::variables::{MAX_LOGINS, REFUSED_ATTEMPTS_PER_MINUTE};

/// The time in which attempts are counted.
const WINDOW: Duration = Duration::from_mins(1);
/// Maximum of addresses that are remembered, some megabytes. This limit does not stop an attacker with more of them.
const MAX_ADDRESSES: usize = 100_000;

/// Limits for clients that are not authenticated yet.
#[derive(Debug, Clone)]
pub struct GuardSettings {
    /// Refused attempts a minute from one address; 0 for any number.
    pub refused_attempts: usize,
    /// Logins at the same time; more get 503.
    pub max_logins: usize,
}

impl GuardSettings {
    pub fn read(env: &mut Reader) -> Self {
        Self { refused_attempts: REFUSED_ATTEMPTS_PER_MINUTE.read(env), max_logins: MAX_LOGINS.read(env) }
    }
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}

pub(crate) struct Refusals {
    limit: usize,
    counted: Mutex<HashMap<IpAddr, Window>>,
}

struct Window {
    began: Instant,
    refused: usize,
}

impl Window {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.began) >= WINDOW
    }
}

impl Refusals {
    /// Allows `limit` a minute for each address; any number if it is 0.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, counted: Mutex::default() }
    }

    /// How long an address has to wait, if it has been refused too often.
    pub(crate) fn wait(&self, address: Option<IpAddr>) -> Option<Duration> {
        self.wait_at(address, Instant::now())
    }

    /// Notes that an attempt was refused.
    pub(crate) fn note(&self, address: Option<IpAddr>) {
        self.note_at(address, Instant::now());
    }

    fn wait_at(&self, address: Option<IpAddr>, now: Instant) -> Option<Duration> {
        let counted = self.counted.lock();
        let window = counted.get(&network(address?)).filter(|window| !window.is_over(now))?;
        (self.limit > 0 && window.refused >= self.limit)
            .then(|| WINDOW.saturating_sub(now.duration_since(window.began)))
    }

    fn note_at(&self, address: Option<IpAddr>, now: Instant) {
        let Some(address) = address.filter(|_| self.limit > 0) else { return };
        let mut counted = self.counted.lock();
        if counted.len() >= MAX_ADDRESSES {
            counted.retain(|_, window| !window.is_over(now));
        }
        if counted.len() >= MAX_ADDRESSES {
            counted.clear();
        }
        let window = counted.entry(network(address)).or_insert(Window { began: now, refused: 0 });
        if window.is_over(now) {
            *window = Window { began: now, refused: 0 };
        }
        window.refused = window.refused.saturating_add(1);
    }
}

/// A client has as many IPv6 addresses as it likes, but one network of 64 bits
/// (<https://www.rfc-editor.org/rfc/rfc6177>).
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn the_limit_holds_for_a_minute_and_for_one_address() {
        let (refusals, start) = (Refusals::new(2), Instant::now());
        let (thief, agent) = (address("1.2.3.4"), address("1.2.3.5"));
        refusals.note_at(thief, start);
        assert_eq!(refusals.wait_at(thief, start), None);
        refusals.note_at(thief, start + Duration::from_secs(20));
        assert_eq!(refusals.wait_at(thief, start + Duration::from_secs(20)), Some(Duration::from_secs(40)));
        assert_eq!(refusals.wait_at(agent, start), None);
        assert_eq!(refusals.wait_at(thief, start + WINDOW), None);
        refusals.note_at(thief, start + WINDOW);
        assert_eq!(refusals.wait_at(thief, start + WINDOW), None);
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let (refusals, now) = (Refusals::new(1), Instant::now());
        refusals.note_at(address("2001:db8:1:2::1"), now);
        assert!(refusals.wait_at(address("2001:db8:1:2:ffff::2"), now).is_some());
        assert!(refusals.wait_at(address("2001:db8:1:3::1"), now).is_none());
    }

    #[test]
    fn zero_is_no_limit() {
        let (refusals, now) = (Refusals::new(0), Instant::now());
        refusals.note_at(address("1.2.3.4"), now);
        assert!(refusals.wait_at(address("1.2.3.4"), now).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let (refusals, now) = (Refusals::new(1), Instant::now());
        for number in 0..u32::try_from(MAX_ADDRESSES).unwrap() + 10 {
            refusals.note_at(Some(IpAddr::V4(number.into())), now);
        }
        assert!(refusals.counted.lock().len() <= MAX_ADDRESSES);
    }
}

//! A precise tick. A timer of the runtime is up to 2 ms late, which is more than what is measured.

use std::io;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

/// Ticks at a fixed period since it was made.
pub(crate) struct Ticker(pipe::Receiver);

impl Ticker {
    /// Begins to tick.
    pub(crate) fn new(period: Duration) -> Self {
        Self(timer(period).expect("a timer"))
    }

    /// Waits for a tick; how many there were since the last call.
    pub(crate) async fn tick(&mut self) -> u64 {
        let mut count = [0; 8];
        self.0.read_exact(&mut count).await.expect("a tick");
        u64::from_ne_bytes(count)
    }
}

fn timer(period: Duration) -> io::Result<pipe::Receiver> {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let period = Timespec::try_from(period).map_err(io::Error::other)?;
    let schedule = Itimerspec { it_interval: period, it_value: period };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &schedule)?;
    // It is read like a pipe, and the runtime has no other safe way to wait for it.
    pipe::Receiver::from_owned_fd_unchecked(timer)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn ticks_are_counted_and_not_early() {
        let (start, mut ticks) = (Instant::now(), 0);
        let mut ticker = Ticker::new(Duration::from_millis(1));
        while ticks < 20 {
            ticks += ticker.tick().await;
        }
        assert!(start.elapsed() >= Duration::from_millis(20), "{:?}", start.elapsed());
    }
}

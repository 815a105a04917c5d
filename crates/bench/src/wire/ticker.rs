//! A precise tick.
//!
//! Timers of the async runtime round up to the next ms, twice; that would be most of what is measured here.
//! A Linux timerfd wakes the same runtime within some 50 µs.

use std::{io, os::fd::OwnedFd, time::Duration};

use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use tokio::io::unix::AsyncFd;

/// Ticks at a fixed period from its creation on.
pub struct Ticker {
    timer: AsyncFd<OwnedFd>,
}

impl Ticker {
    /// Starts to tick; the first tick comes after one `period`.
    ///
    /// # Errors
    /// When the system is out of file descriptors.
    pub fn every(period: Duration) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let period = Timespec::try_from(period).map_err(io::Error::other)?;
        let schedule = Itimerspec { it_interval: period, it_value: period };
        rustix::time::timerfd_settime(&timer, TimerfdTimerFlags::empty(), &schedule)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe, which this workspace forbids; an OwnedFd is all that it asks for"
        )]
        let timer = AsyncFd::new(timer)?;
        Ok(Self { timer })
    }

    /// Waits for the next tick; answers how many have passed since the last call (at least 1).
    ///
    /// # Errors
    /// When the timer cannot be read.
    pub async fn tick(&self) -> io::Result<u64> {
        loop {
            let mut ready = self.timer.readable().await?;
            let mut count = [0_u8; 8];
            let read = ready.try_io(|timer| Ok(rustix::io::read(timer, &mut count)?));
            if let Ok(result) = read {
                result?;
                return Ok(u64::from_ne_bytes(count));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn counts_every_period() {
        let ticker = Ticker::every(Duration::from_millis(1)).unwrap();
        let start = std::time::Instant::now();
        let mut ticks = 0;
        while ticks < 20 {
            ticks += ticker.tick().await.unwrap();
        }
        assert!(start.elapsed() >= Duration::from_millis(20), "ticks came too early");
    }
}

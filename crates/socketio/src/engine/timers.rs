//! All deadlines of a connection, on one timer.

use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::settings::SocketSettings;

/// How long the timer is set when there is no deadline.
const IDLE: Duration = Duration::from_hours(1);

/// A deadline that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// To send the next ping.
    Ping,
    /// For the client to answer the last ping.
    Pong,
    /// For the client to be accepted into a namespace.
    Connect,
    /// To close the connection because of its age.
    Retire,
    /// For the write in progress.
    Write,
}

#[derive(Clone, Copy, Debug)]
enum Heartbeat {
    /// The next ping is due at that time.
    Ping(Instant),
    /// The answer to the last ping is due at that time.
    Pong(Instant),
    /// The answer to the last ping is overdue.
    Overdue,
}

pub(crate) struct Timers {
    sleep: Pin<Box<Sleep>>,
    heartbeat: Heartbeat,
    connect: Option<Instant>,
    retire: Option<Instant>,
    write: Option<Instant>,
}

/// Returns `start + duration`, or a year after `start` if that overflows.
fn after(start: Instant, duration: Duration) -> Instant {
    start.checked_add(duration).unwrap_or_else(|| start + 365 * 24 * IDLE)
}

/// Returns a random duration in the range, or its start if it is empty.
fn random(range: &RangeInclusive<Duration>) -> Duration {
    if range.is_empty() { *range.start() } else { rand::random_range(range.clone()) }
}

impl Timers {
    pub(crate) fn start(start: Instant, settings: &SocketSettings) -> Self {
        let heartbeat = after(start, settings.ping_interval);
        let connect = after(start, settings.connect_timeout);
        let retire = settings.lifetime.as_ref().map(|range| after(start, random(range)));
        let first = retire.map_or(heartbeat, |retire| retire.min(heartbeat)).min(connect);
        Self {
            sleep: Box::pin(sleep_until(first)),
            heartbeat: Heartbeat::Ping(heartbeat),
            connect: Some(connect),
            retire,
            write: None,
        }
    }

    /// Returns the next deadline that has passed. Each is returned once.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Deadline> {
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            let now = Instant::now();
            if let Some(deadline) = self.take_passed(now) {
                return Poll::Ready(deadline);
            }
            let next = self.next().unwrap_or(now + IDLE);
            self.sleep.as_mut().reset(next);
        }
    }

    fn take_passed(&mut self, now: Instant) -> Option<Deadline> {
        let passed = |deadline: &mut Instant| *deadline <= now;
        if self.write.take_if(passed).is_some() {
            return Some(Deadline::Write);
        }
        if self.retire.take_if(passed).is_some() {
            return Some(Deadline::Retire);
        }
        if self.connect.take_if(passed).is_some() {
            return Some(Deadline::Connect);
        }
        match self.heartbeat {
            Heartbeat::Ping(at) if at <= now => Some(Deadline::Ping),
            Heartbeat::Pong(by) if by <= now => {
                self.heartbeat = Heartbeat::Overdue;
                Some(Deadline::Pong)
            }
            _ => None,
        }
    }

    fn next(&self) -> Option<Instant> {
        let heartbeat = match self.heartbeat {
            Heartbeat::Ping(at) | Heartbeat::Pong(at) => Some(at),
            Heartbeat::Overdue => None,
        };
        [heartbeat, self.connect, self.retire, self.write].into_iter().flatten().min()
    }

    /// Call when a ping is sent. Returns when its pong is due. The delay of a timer that fired late
    /// counts against the client, up to half of its time.
    pub(crate) fn ping(&mut self, settings: &SocketSettings) -> Instant {
        let now = Instant::now();
        let least = now.checked_sub(settings.ping_timeout / 2).unwrap_or(now);
        let sent = if let Heartbeat::Ping(at) = self.heartbeat { at.max(least) } else { now };
        let pong_by = after(sent, settings.ping_timeout);
        self.heartbeat = Heartbeat::Pong(pong_by);
        pong_by
    }

    /// Call when a pong arrives. One that answers no ping has no effect.
    pub(crate) fn pong(&mut self, settings: &SocketSettings) {
        if !matches!(self.heartbeat, Heartbeat::Ping(_)) {
            self.heartbeat = Heartbeat::Ping(after(Instant::now(), settings.ping_interval));
            self.arm();
        }
    }

    /// Whether the pong is overdue. It may be in the input that has not been read.
    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self.heartbeat, Heartbeat::Overdue)
    }

    /// Sets the timer to an earlier deadline.
    fn arm(&mut self) {
        if let Some(next) = self.next()
            && next < self.sleep.deadline()
        {
            self.sleep.as_mut().reset(next);
        }
    }

    /// Call after each attempt to write. The deadline runs from the last byte that the client has accepted; a pong may
    /// take longer, because its ping waits behind the write.
    pub(crate) fn writing(&mut self, blocked: bool, has_progressed: bool, settings: &SocketSettings) {
        if !blocked {
            self.write = None;
        } else if has_progressed || self.write.is_none() {
            self.write = Some(after(Instant::now(), settings.write_timeout));
            self.arm();
        }
        if has_progressed && let Heartbeat::Pong(by) = &mut self.heartbeat {
            *by = (*by).max(after(Instant::now(), settings.ping_timeout));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_write_that_progresses_is_not_overdue() {
        let settings = SocketSettings { write_timeout: Duration::from_secs(10), ..SocketSettings::default() };
        let mut timers = Timers::start(Instant::now(), &settings);
        let passed = |timers: &mut Timers| timers.poll(&mut Context::from_waker(Waker::noop()));
        for has_progressed in [false, true, true] {
            timers.writing(true, has_progressed, &settings);
            tokio::time::advance(Duration::from_secs(9)).await;
            while let Poll::Ready(deadline) = passed(&mut timers) {
                assert_ne!(deadline, Deadline::Write);
                timers.ping(&settings);
            }
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(passed(&mut timers), Poll::Ready(Deadline::Write));
    }
}

//! All deadlines of a session, on one timer.

use std::{
    ops::RangeInclusive,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::settings::Settings;

/// Sleep of a session that has no deadline.
const IDLE: Duration = Duration::from_hours(1);

/// A deadline that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// It is time to ping the client.
    Ping,
    /// The client has not answered the ping.
    Pong,
    /// The client should have been accepted by now.
    Connect,
    /// The connection is old enough.
    Retire,
    /// The write takes too long.
    Write,
}

#[derive(Clone, Copy, Debug)]
enum Heartbeat {
    /// The next ping is due then.
    Ping(Instant),
    /// The answer to the last ping is due then.
    Pong(Instant),
    /// No answer came.
    Overdue,
}

pub(crate) struct Clock {
    sleep: Pin<Box<Sleep>>,
    heartbeat: Heartbeat,
    connect: Option<Instant>,
    retire: Option<Instant>,
    write: Option<Instant>,
}

/// A duration that is too long to be added means never, for which a year will do.
fn after(start: Instant, duration: Duration) -> Instant {
    start.checked_add(duration).unwrap_or_else(|| start + 365 * 24 * IDLE)
}

/// An empty range has one value, its start.
fn random(range: &RangeInclusive<Duration>) -> Duration {
    if range.is_empty() { *range.start() } else { rand::random_range(range.clone()) }
}

impl Clock {
    pub(crate) fn start(start: Instant, settings: &Settings) -> Self {
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

    /// The next deadline that has passed; each is told once.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            let now = Instant::now();
            if let Some(due) = self.take_due(now) {
                return Poll::Ready(due);
            }
            let next = self.next().unwrap_or(now + IDLE);
            self.sleep.as_mut().reset(next);
        }
    }

    fn take_due(&mut self, now: Instant) -> Option<Due> {
        let passed = |deadline: &mut Instant| *deadline <= now;
        if self.write.take_if(passed).is_some() {
            return Some(Due::Write);
        }
        if self.retire.take_if(passed).is_some() {
            return Some(Due::Retire);
        }
        if self.connect.take_if(passed).is_some() {
            return Some(Due::Connect);
        }
        match self.heartbeat {
            Heartbeat::Ping(at) if at <= now => Some(Due::Ping),
            Heartbeat::Pong(by) if by <= now => {
                self.heartbeat = Heartbeat::Overdue;
                Some(Due::Pong)
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

    /// A ping is sent; the answer is when its pong must be there. A timer that fired late takes from the client's
    /// time, but not more than half of it.
    pub(crate) fn ping(&mut self, settings: &Settings) -> Instant {
        let now = Instant::now();
        let least = now.checked_sub(settings.ping_timeout / 2).unwrap_or(now);
        let sent = if let Heartbeat::Ping(at) = self.heartbeat { at.max(least) } else { now };
        let pong_by = after(sent, settings.ping_timeout);
        self.heartbeat = Heartbeat::Pong(pong_by);
        pong_by
    }

    /// The client has answered. An answer to nothing changes nothing.
    pub(crate) fn pong(&mut self, settings: &Settings) {
        if !matches!(self.heartbeat, Heartbeat::Ping(_)) {
            self.heartbeat = Heartbeat::Ping(after(Instant::now(), settings.ping_interval));
            self.arm();
        }
    }

    /// Whether the client owes a pong. It may be among what has not been read yet.
    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self.heartbeat, Heartbeat::Overdue)
    }

    /// Wakes the task earlier if a deadline has come nearer.
    fn arm(&mut self) {
        if let Some(next) = self.next()
            && next < self.sleep.deadline()
        {
            self.sleep.as_mut().reset(next);
        }
    }

    /// Whether a write is under way; its time runs from when it first had to wait.
    pub(crate) fn writing(&mut self, blocked: bool, settings: &Settings) {
        if !blocked {
            self.write = None;
        } else if self.write.is_none() {
            self.write = Some(after(Instant::now(), settings.write_timeout));
            self.arm();
        }
    }
}

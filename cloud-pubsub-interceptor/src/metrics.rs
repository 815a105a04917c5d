//! The interceptor's metrics. Labels have few values, so never a name or an id.

use std::time::Instant;

use event::EventKind;
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

const PUSHES: &str = "agent_assist_pushes_total";
const PUSH: &str = "agent_assist_push_seconds";
const PULLS: &str = "agent_assist_pulls_total";
const PULL: &str = "agent_assist_pull_seconds";

pub(crate) fn describe() {
    describe_counter!(PUSHES, "Push requests, by kind of event and result");
    describe_histogram!(PUSH, Unit::Seconds, "Time from a push's headers to its answer, by kind of event");
    describe_counter!(PULLS, "Pulled messages, by kind of event and result");
    describe_histogram!(PULL, Unit::Seconds, "Time from a pulled message to its end, by kind of event");
}

/// The outcome of a push or of a pulled message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushResult {
    Recorded,
    Duplicate,
    Quarantined,
    Rejected,
    Unauthorized,
    Unavailable,
}

impl PushResult {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Duplicate => "duplicate",
            Self::Quarantined => "quarantined",
            Self::Rejected => "rejected",
            Self::Unauthorized => "unauthorized",
            Self::Unavailable => "unavailable",
        }
    }
}

pub(crate) fn pushed(kind: EventKind, result: PushResult, started: Instant) {
    ended([PUSHES, PUSH], kind, result, started);
}

#[cfg(feature = "pull")]
pub(crate) fn pulled(kind: EventKind, result: PushResult, started: Instant) {
    ended([PULLS, PULL], kind, result, started);
}

fn ended([count, time]: [&'static str; 2], kind: EventKind, result: PushResult, started: Instant) {
    counter!(count, "kind" => kind.as_str(), "result" => result.as_str()).increment(1);
    histogram!(time, "kind" => kind.as_str()).record(started.elapsed());
}

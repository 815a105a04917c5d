//! What the connector measures. Labels have few values: never a name, an address or a token.

use std::time::{Duration, Instant, SystemTime};

use event::{EventKind, Payload, Position};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use server::metrics::is_on;
use socketio::Reason;

const REDIS_LOSSES: &str = "agent_assist_redis_losses_total";
const CONNECTS: &str = "agent_assist_connects_total";
const DISCONNECTS: &str = "agent_assist_disconnects_total";
const JOINS: &str = "agent_assist_joins_total";
const LEAVES: &str = "agent_assist_leaves_total";
const EVENTS: &str = "agent_assist_events_total";
const DELIVERIES: &str = "agent_assist_deliveries_total";
const GAPS: &str = "agent_assist_gaps_total";
const REPLAYS: &str = "agent_assist_replays_total";
const DELIVERY: &str = "agent_assist_delivery_seconds";
const RENEWALS: &str = "agent_assist_token_renewals_total";
const LOGINS: &str = "agent_assist_logins_total";
const LOGIN: &str = "agent_assist_login_seconds";
const TOO_MANY: &str = "agent_assist_refused_too_often_total";
const CALLS: &str = "agent_assist_dialogflow_calls_total";
const CALL: &str = "agent_assist_dialogflow_seconds";
const STREAMS: &str = "agent_assist_streams";

pub(crate) fn describe() {
    describe_counter!(REDIS_LOSSES, "Losses of the subscription");
    describe_counter!(CONNECTS, "Desktops that presented a token, by result");
    describe_counter!(DISCONNECTS, "Desktops that have gone, by reason");
    describe_counter!(JOINS, "Answers to join-conversation, by result");
    describe_counter!(LEAVES, "Conversations left");
    describe_counter!(EVENTS, "Live events that came for a conversation of ours, by kind");
    describe_counter!(DELIVERIES, "Live events given to desktops, by kind");
    describe_counter!(GAPS, "Notices to desktops that events may be missing");
    describe_counter!(REPLAYS, "Events given to desktops from the log, by kind");
    describe_histogram!(
        DELIVERY,
        Unit::Seconds,
        "Age of a live event when it is given to the desktops, by what it is measured from"
    );
    describe_counter!(RENEWALS, "Tokens given to connected desktops before theirs expired");
    describe_counter!(LOGINS, "Answers of identity providers, by provider and result");
    describe_histogram!(LOGIN, Unit::Seconds, "Time that identity providers took, by provider");
    describe_counter!(TOO_MANY, "Attempts of addresses that were refused too often");
    describe_counter!(CALLS, "Calls to Dialogflow, by method and result");
    describe_histogram!(CALL, Unit::Seconds, "Time until Dialogflow began its answer, by method");
    describe_gauge!(STREAMS, "Open streams of companion suggestions");
}

pub(crate) fn subscription_lost() {
    counter!(REDIS_LOSSES).increment(1);
}

pub(crate) fn connect(result: &'static str) {
    counter!(CONNECTS, "result" => result).increment(1);
}

pub(crate) fn disconnected(reason: Reason) {
    counter!(DISCONNECTS, "reason" => reason.as_str()).increment(1);
}

pub(crate) fn join(result: &'static str) {
    counter!(JOINS, "result" => result).increment(1);
}

pub(crate) fn left() {
    counter!(LEAVES).increment(1);
}

/// A live event was given to so many desktops.
pub(crate) fn delivered(payload: &Payload, position: Option<Position>, desktops: u64) {
    if !is_on() {
        return;
    }
    counter!(EVENTS, "kind" => payload.kind.as_str()).increment(1);
    if desktops == 0 {
        return;
    }
    counter!(DELIVERIES, "kind" => payload.kind.as_str()).increment(desktops);
    let now = SystemTime::now();
    let age = |since: &'static str, time: Option<SystemTime>| {
        if let Some(time) = time {
            // A clock that is ahead of ours makes an event that has no age yet.
            histogram!(DELIVERY, "since" => since).record(now.duration_since(time).unwrap_or_default());
        }
    };
    age("publish", payload.published());
    age("ack", payload.acknowledged());
    age("record", position.map(|position| SystemTime::UNIX_EPOCH + Duration::from_millis(position.millis)));
}

pub(crate) fn replayed(kind: EventKind) {
    if !is_on() {
        return;
    }
    counter!(REPLAYS, "kind" => kind.as_str()).increment(1);
}

pub(crate) fn events_missed() {
    counter!(GAPS).increment(1);
}

pub(crate) fn token_renewed() {
    counter!(RENEWALS).increment(1);
}

pub(crate) fn login(provider: &'static str, result: &'static str, started: Instant) {
    counter!(LOGINS, "provider" => provider, "result" => result).increment(1);
    histogram!(LOGIN, "provider" => provider).record(started.elapsed());
}

pub(crate) fn refused_too_often() {
    counter!(TOO_MANY).increment(1);
}

pub(crate) fn call(method: &'static str, status: u16, started: Instant) {
    let result =
        ["1xx", "2xx", "3xx", "4xx", "5xx"].get(usize::from(status / 100).wrapping_sub(1)).copied().unwrap_or("other");
    if !is_on() {
        return;
    }
    counter!(CALLS, "method" => method, "result" => result).increment(1);
    histogram!(CALL, "method" => method).record(started.elapsed());
}

pub(crate) fn stream_opened() {
    gauge!(STREAMS).increment(1.0);
}

pub(crate) fn stream_closed() {
    gauge!(STREAMS).decrement(1.0);
}

//! Which headers pass.

use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, ALT_SVC, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH,
    IF_NONE_MATCH, PROXY_AUTHENTICATE, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName};

/// What a desktop's request may say to Dialogflow. A list of what passes, because a new header that changes the caller,
/// the billing or the recipient must not.
const TO_DIALOGFLOW: [HeaderName; 6] =
    [ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH];

/// What is between Dialogflow and us alone (<https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>), or would take effect
/// on our own origin.
const NOT_TO_DESKTOPS: [HeaderName; 9] = [
    ALT_SVC,
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    SET_COOKIE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The headers of a request that go on to Dialogflow.
pub(super) fn for_dialogflow(request: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(request);
    let pass = TO_DIALOGFLOW.into_iter().filter(|name| !named.contains(name));
    pass.flat_map(|name| request.get_all(&name).iter().cloned().map(move |value| (name.clone(), value))).collect()
}

/// Takes from the headers of an answer those that do not go on to the desktop. Its own server adds the CORS headers.
pub(super) fn strip_for_desktop(answer: &mut HeaderMap) {
    let mut dropped = named_by_connection(answer);
    dropped.extend(NOT_TO_DESKTOPS);
    let foreign = |name: &&HeaderName| name.as_str().starts_with("access-control-");
    dropped.extend(answer.keys().filter(foreign).cloned().collect::<Vec<_>>());
    for name in dropped.into_iter().filter(|name| *name != CONTENT_LENGTH) {
        answer.remove(name);
    }
}

/// Headers that are for the next hop only because `Connection` says so.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

use super::*;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

fn read(body: &serde_json::Value) -> Result<(String, String, String), Malformed> {
    let (headers, body) = (HeaderMap::new(), body.to_string());
    let message = PubsubMessage::read(&headers, body.as_bytes())?;
    let data = String::from_utf8(message.data.into_owned()).unwrap();
    Ok((data, message.message_id.into(), message.publish_time.into()))
}

fn wrapped(fields: &serde_json::Value) -> serde_json::Value {
    let mut message = json!({"data": BASE64_STANDARD.encode("{}")});
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"message": message, "subscription": "projects/p/subscriptions/s", "deliveryAttempt": 5})
}

#[test]
fn both_spellings_are_read() {
    let expected = Ok(("{}".to_owned(), "7".to_owned(), "t".to_owned()));
    assert_eq!(read(&wrapped(&json!({"messageId": "7", "publishTime": "t"}))), expected);
    assert_eq!(read(&wrapped(&json!({"message_id": "7", "publish_time": "t"}))), expected);
    let both =
        json!({"messageId": "7", "message_id": "8", "publishTime": "t", "publish_time": "u", "orderingKey": "k"});
    assert_eq!(read(&wrapped(&both)), expected);
    assert_eq!(read(&wrapped(&json!({"attributes": null}))), Ok(("{}".into(), String::new(), String::new())));
}

#[test]
fn base64_may_be_url_safe_or_without_padding() {
    for data in ["Pz8_", "Pz8/", "e30=", "e30"] {
        assert!(read(&json!({"message": {"data": data}})).is_ok(), "{data}");
    }
}

#[test]
fn attributes_come_from_the_message_or_from_headers() {
    let body =
        wrapped(&json!({"attributes": {"participant_role": "END_USER", "message_id": "m", "other": 5}})).to_string();
    let headers = HeaderMap::new();
    let message = PubsubMessage::read(&headers, body.as_bytes()).unwrap();
    assert_eq!((&*message.participant_role, &*message.recognition_message_id), ("END_USER", "m"));

    let named = [("x-goog-pubsub-message-id", "9"), ("participant_role", "HUMAN_AGENT"), ("message_id", "n")];
    let headers = named.into_iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
    let message = PubsubMessage::read(&headers, b"anything").unwrap();
    assert_eq!((&*message.message_id, &*message.data), ("9", &b"anything"[..]));
    assert_eq!((&*message.participant_role, &*message.recognition_message_id), ("HUMAN_AGENT", "n"));
}

#[test]
fn an_event_without_envelope_is_its_own_data() {
    let event = json!({"conversation": "projects/p/conversations/c"});
    assert_eq!(read(&event).unwrap().0, event.to_string());
}

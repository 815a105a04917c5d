//! Messages out of a chunk: `[[id, body], …]`.

use serde_json::Value;

/// A message of the server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ChannelMessage {
    /// The session has been opened under this id.
    LogHead(String),
    /// A message for the user of the channel.
    Data(Value),
    /// The other end has failed, with its own words if it has any.
    Failed(Option<String>),
    /// The other end has closed the session.
    Closed,
}

/// Longer words are cut.
const MAX_WORDS: usize = 1024;

/// The messages of a chunk with the greatest of their ids; nothing if it is not of that form. What only keeps the
/// connection alive is left out.
pub(super) fn parse(chunk: &str) -> Option<(Vec<ChannelMessage>, u64)> {
    let arrays: Vec<(u64, Value)> = serde_json::from_str(chunk).ok()?;
    let last = arrays.iter().map(|(id, _)| *id).max().unwrap_or_default();
    Some((arrays.into_iter().filter_map(|(_, body)| message(body)).collect(), last))
}

fn message(body: Value) -> Option<ChannelMessage> {
    match &body {
        Value::Array(items) => match items.first() {
            Some(Value::String(word)) if word == "noop" => None,
            Some(Value::String(word)) if word == "close" || word == "stop" => Some(ChannelMessage::Closed),
            Some(Value::String(word)) if word == "c" => {
                Some(ChannelMessage::LogHead(items.get(1)?.as_str()?.to_owned()))
            }
            Some(item) => Some(failure(item).unwrap_or_else(|| ChannelMessage::Data(item.clone()))),
            None => None,
        },
        Value::Object(_) => Some(failure(&body).unwrap_or(ChannelMessage::Data(body))),
        _ => None,
    }
}

fn failure(item: &Value) -> Option<ChannelMessage> {
    // An error comes as an object, or within one more list.
    let error = item.get("error").or_else(|| item.get(0)?.get("error"))?;
    let words = error.get("message").and_then(Value::as_str);
    Some(ChannelMessage::Failed(words.map(|words| words[..words.floor_char_boundary(MAX_WORDS)].to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(chunk: &Value) -> Option<(Vec<ChannelMessage>, u64)> {
        parse(&chunk.to_string())
    }

    #[test]
    fn every_kind_of_message_is_known() {
        let chunk = json!([[0, ["c", "SID", "", 8]], [1, ["noop"]], [2, [{"a": 1}]], [3, {"b": 2}], [5, ["close"]]]);
        let messages = vec![
            ChannelMessage::LogHead("SID".into()),
            ChannelMessage::Data(json!({"a": 1})),
            ChannelMessage::Data(json!({"b": 2})),
            ChannelMessage::Closed,
        ];
        assert_eq!(parsed(&chunk), Some((messages, 5)));
    }

    #[test]
    fn reads_errors_in_every_form() {
        let failed = |words: Option<&str>| Some((vec![ChannelMessage::Failed(words.map(str::to_owned))], 1));
        assert_eq!(parsed(&json!([[1, [{"error": {"message": "no"}}]]])), failed(Some("no")));
        assert_eq!(parsed(&json!([[1, {"error": {"code": 5}}]])), failed(None));
        assert_eq!(parsed(&json!([[1, [[{"error": {"message": "no"}}]]]])), failed(Some("no")));
    }

    #[test]
    fn garbage_is_nothing() {
        for chunk in ["", "x", "{}", "[1]", "[[]]", "[[\"1\",[]]]", "[[-1,[]]]", "null"] {
            assert_eq!(parse(chunk), None, "{chunk}");
        }
        assert_eq!(parse("[]"), Some((Vec::new(), 0)));
        assert_eq!(parse("[[1,[]],[2,7],[3,[\"c\"]]]"), Some((Vec::new(), 3)));
    }
}

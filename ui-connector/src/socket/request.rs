//! What a desktop asks for with `join-conversation` and `leave-conversation`.

use std::time::{Duration, SystemTime};

use event::{ConversationName, Position, ResumeToken};
use serde_json::Value;

/// By which the clocks of this machine and of Redis may differ.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(1);

/// Why a join or leave is not carried out; the text is the second argument of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidRequest {
    #[error("expected a conversation name")]
    NoName,
    #[error("{0}")]
    Name(#[from] event::InvalidConversationName),
    #[error("expected `after` to be the last argument of an event")]
    After,
    #[error("the conversation belongs to another project")]
    OtherProject,
    #[error("too many conversations on one connection")]
    TooMany,
}

/// A conversation, and what the desktop says that it has got of it.
pub(super) struct JoinRequest {
    pub(super) name: ConversationName,
    pub(super) after: Option<Position>,
}

impl JoinRequest {
    /// Reads the first argument: a name, or `{"conversation_name": ..., "after": ...}`. Further ones are
    /// ignored, as the original does not look at them.
    pub(super) fn read(args: &str) -> Result<Self, InvalidRequest> {
        let args: Vec<Value> = serde_json::from_str(args).map_err(|_| InvalidRequest::NoName)?;
        let arg = args.first().ok_or(InvalidRequest::NoName)?;
        let name =
            arg.as_str().or_else(|| arg.get("conversation_name")?.as_str()).ok_or(InvalidRequest::NoName)?.parse()?;
        let after = match arg.get("after") {
            None | Some(Value::Null) => None,
            Some(after) => position(after.as_str().ok_or(InvalidRequest::After)?, &name)?,
        };
        Ok(Self { name, after })
    }
}

/// The place that a text names: a position, or an offset. One that names other conversations only
/// comes from a desktop that has not got anything of this one.
fn position(after: &str, name: &ConversationName) -> Result<Option<Position>, InvalidRequest> {
    if let Ok(position) = after.parse() {
        return Ok(Some(position).filter(is_plausible));
    }
    let offset = ResumeToken::decode(after);
    if offset.is_empty() && !after.is_empty() {
        Err(InvalidRequest::After)
    } else {
        Ok(offset.get(name).filter(is_plausible))
    }
}

/// A position from the future would keep events away from the desktop until then.
pub(super) fn is_plausible(position: &Position) -> bool {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u128::from(position.millis) <= (now + MAX_CLOCK_SKEW).as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &Value) -> Result<Option<Position>, String> {
        JoinRequest::read(&args.to_string()).map(|request| request.after).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_name_may_come_with_a_place() {
        let (name, at) = ("projects/p/conversations/c", Position { millis: 7, sequence: 3 });
        let mut offset = ResumeToken::EMPTY;
        offset.set(&"projects/p/conversations/other".parse().unwrap(), at);
        let other = offset.encode();
        offset.set(&name.parse().unwrap(), at);
        let with = |after: Value| read(&serde_json::json!([{"conversation_name": name, "after": after}]));
        assert_eq!(read(&serde_json::json!([name, 1])), Ok(None));
        assert_eq!(read(&serde_json::json!([{"conversation_name": name}])), Ok(None));
        assert_eq!(with(Value::Null), Ok(None));
        assert_eq!(with(offset.encode().into()), Ok(Some(at)));
        assert_eq!(with("7-3".into()), Ok(Some(at)));
        assert_eq!(with(other.into()), Ok(None));
        assert_eq!(with("".into()), Ok(None));
        assert_eq!(with("99999999999999-0".into()), Ok(None), "from the future");
        for wrong in [Value::from("x"), 7.into(), true.into(), serde_json::json!({})] {
            assert!(with(wrong.clone()).is_err_and(|text| text.contains("`after`")), "{wrong}");
        }
    }

    #[test]
    fn without_a_name_there_is_nothing_to_do() {
        for args in ["", "[]", "[null]", "[7]", "[{}]", r#"[{"conversation_name":7}]"#, "{}"] {
            assert!(matches!(JoinRequest::read(args), Err(InvalidRequest::NoName)), "{args}");
        }
        assert!(matches!(JoinRequest::read(r#"["no name"]"#), Err(InvalidRequest::Name(_))));
    }
}

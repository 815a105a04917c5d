//! One stream, from its opening to its end.

use std::sync::Arc;

use serde_json::{Map, Value};
use server::telemetry::causes;
use socketio::Socket;
use tokio::sync::mpsc;

use super::{data, error};
use crate::metrics;
use crate::state::App;
use crate::webchannel::{BackChannel, ChannelError, ChannelMessage, WebChannel};

/// Back channels that may end one after another without having brought anything.
const MAX_FRUITLESS: u32 = 5;
/// Payloads that are sent together.
const BATCH: usize = 16;

enum End {
    /// The desktop, or Dialogflow, wants no more.
    Done,
    /// Dialogflow has failed, in its own words.
    Failed(Option<String>),
    /// The desktop has gone.
    Gone,
}

/// Carries payloads both ways until the desktop ends the stream, by dropping the other end of `payloads`, or Dialogflow does.
pub(super) async fn run(app: Arc<App>, url: String, id: String, socket: Socket, mut payloads: mpsc::Receiver<Value>) {
    metrics::stream_opened();
    let opened = WebChannel::open(app.http.clone(), app.google.clone(), url).await;
    let ended = match opened {
        Ok(mut session) => {
            let ended = carry(&mut session, &id, &socket, &mut payloads).await;
            session.close().await;
            ended
        }
        Err(error) => Err(error),
    };
    let message = match ended {
        Ok(End::Done | End::Gone) => None,
        Ok(End::Failed(words)) => {
            Some(words.unwrap_or_else(|| "Dialogflow ended the stream with an error.".to_owned()))
        }
        Err(error) => {
            tracing::warn!(error = %causes(&error), "a stream of companion suggestions failed");
            Some("The stream to Dialogflow failed.".to_owned())
        }
    };
    if let Some(message) = message {
        // A socket that has gone meanwhile needs no answer.
        let _ = socket.emit_when_ready(error(&id, &message)).await;
    }
    metrics::stream_closed();
}

async fn carry(
    session: &mut WebChannel,
    id: &str,
    socket: &Socket,
    payloads: &mut mpsc::Receiver<Value>,
) -> Result<End, ChannelError> {
    let (mut back, mut fruitless) = (session.listen().await?, 0);
    loop {
        let mut batch = Vec::new();
        tokio::select! {
            count = payloads.recv_many(&mut batch, BATCH) => {
                if count == 0 {
                    return Ok(End::Done);
                }
                session.send(&batch).await?;
            }
            came = next(&mut back) => match came? {
                Some((messages, last)) => {
                    fruitless = 0;
                    session.acknowledge(last);
                    if let Some(end) = give(messages, id, socket).await {
                        return Ok(end);
                    }
                }
                None if fruitless == MAX_FRUITLESS => return Err(ChannelError::Garbage),
                None => {
                    fruitless += 1;
                    back = session.listen().await?;
                }
            },
        }
    }
}

/// A silent back channel is begun anew, like one that has ended.
async fn next(back: &mut BackChannel) -> Result<Option<(Vec<ChannelMessage>, u64)>, ChannelError> {
    match back.next().await {
        Err(ChannelError::Timeout) => Ok(None),
        other => other,
    }
}

/// Gives messages to the desktop as fast as it reads. What comes back is the end, if this was it.
async fn give(messages: Vec<ChannelMessage>, id: &str, socket: &Socket) -> Option<End> {
    for message in messages {
        match message {
            ChannelMessage::Data(payload) => {
                let frame = data(id, &camel_case(payload));
                if socket.emit_when_ready(frame).await.is_err() {
                    return Some(End::Gone);
                }
            }
            ChannelMessage::Failed(words) => return Some(End::Failed(words)),
            ChannelMessage::Closed => return Some(End::Done),
            ChannelMessage::LogHead(_) => {}
        }
    }
    None
}

/// Names as Google's JSON has them: Dialogflow's streams spell them with underscores.
fn camel_case(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let renamed = members.into_iter().map(|(name, value)| (camel(&name), camel_case(value)));
            Value::Object(renamed.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(camel_case).collect()),
        other => other,
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut peer_messages = word.chars();
        camel.extend(peer_messages.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(peer_messages.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::camel_case;
    use serde_json::json;

    #[test]
    fn names_are_spelt_as_google_does_at_every_depth() {
        let spelt = camel_case(json!({"a_b": [{"tool_calls": {"x_y_z": "a_b"}}], "plain": 1, "already_Camel": null}));
        assert_eq!(spelt, json!({"aB": [{"toolCalls": {"xYZ": "a_b"}}], "plain": 1, "alreadyCamel": null}));
    }
}

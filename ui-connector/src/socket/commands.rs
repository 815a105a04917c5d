//! What desktops ask for: `join-conversation`, `leave-conversation`, and streams.

use std::time::{Duration, SystemTime};

use event::{ConversationName, Position};
use serde_json::json;
use socketio::Event;

use super::{Desktops, Session};
use crate::metrics;

/// By which the clocks of this machine and of Redis may differ.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(1);

/// Why a join or leave is not carried out; the text is the second argument of the answer.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("expected a conversation name")]
    NoName,
    #[error("{0}")]
    Name(#[from] event::InvalidConversationName),
    #[error("the conversation belongs to another project")]
    OtherProject,
    #[error("too many conversations on one connection")]
    TooMany,
}

impl Desktops {
    /// Carries out what a desktop asks for. Events that nobody listens to have no answer.
    pub(super) async fn obey(&self, session: &mut Session, event: &Event) {
        match event.name.as_str() {
            "join-conversation" => self.join(session, event).await,
            "leave-conversation" => self.leave(session, event).await,
            "stream-request" => {
                let streams = session.streams.get_or_insert_default();
                streams.request(&self.companion, session.desktop.socket(), &event.args);
            }
            "end-stream" => session.streams.iter_mut().for_each(|streams| streams.end(&event.args)),
            _ => {}
        }
    }

    async fn join(&self, session: &mut Session, event: &Event) {
        let name = match self.name(event).and_then(|name| self.within_bounds(session, name)) {
            Ok(name) => name,
            Err(refusal) => {
                metrics::join("refused");
                return answer(session, event, Err(refusal));
            }
        };
        metrics::join("accepted");
        if !session.joined.contains(&name) {
            session.joined.push(name.clone());
        }
        let from = session.desktop.position(&name).filter(is_plausible);
        self.hub.join(&session.desktop, &name, from).await;
        answer(session, event, Ok(&name));
        self.hub.catch_up(&session.desktop, &name).await;
    }

    async fn leave(&self, session: &mut Session, event: &Event) {
        let name = match self.name(event) {
            Ok(name) => name,
            Err(refusal) => return answer(session, event, Err(refusal)),
        };
        if session.joined.contains(&name) {
            // In this order: if the connection ends meanwhile, the conversation is left once more.
            self.hub.leave(&session.desktop, &name).await;
            metrics::left();
            session.joined.retain(|joined| *joined != name);
            session.joined.shrink_to_fit();
        }
        // A desktop that leaves and joins again asks for what comes from now on.
        session.desktop.forget(&name);
        answer(session, event, Ok(&name));
    }

    /// The first argument, which must name a conversation of our project.
    fn name(&self, event: &Event) -> Result<ConversationName, Refusal> {
        let name: ConversationName = first_text(&event.args).ok_or(Refusal::NoName)?.parse()?;
        if name.project() == self.project { Ok(name) } else { Err(Refusal::OtherProject) }
    }

    fn within_bounds(&self, session: &Session, name: ConversationName) -> Result<ConversationName, Refusal> {
        let room_for_more = session.joined.len() < self.hub.joins_per_socket();
        if room_for_more || session.joined.contains(&name) { Ok(name) } else { Err(Refusal::TooMany) }
    }
}

/// Further arguments are ignored, as the original does not look at them.
fn first_text(args: &str) -> Option<String> {
    let args: Vec<serde_json::Value> = serde_json::from_str(args).ok()?;
    args.first()?.as_str().map(str::to_owned)
}

/// A position from the future would keep events away from the desktop until then.
fn is_plausible(position: &Position) -> bool {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u128::from(position.millis) <= (now + MAX_CLOCK_SKEW).as_millis()
}

fn answer(session: &Session, event: &Event, result: Result<&ConversationName, Refusal>) {
    let Some(ack) = event.ack else { return };
    let args = match result {
        Ok(name) => json!([true, name.as_str()]),
        Err(refusal) => json!([false, refusal.to_string()]),
    };
    // A socket that has gone meanwhile needs no answer.
    let _ = session.desktop.socket().ack(ack, &args.to_string());
}

//! What desktops ask for: `join-conversation`, `leave-conversation`, and streams.

use event::{ConversationName, Offset};
use serde_json::json;
use socketio::ClientEvent;

use super::request::{Refusal, Request, is_plausible};
use super::{Desktops, Session};
use crate::hub::Beginning;
use crate::metrics;

impl Desktops {
    /// Carries out what a desktop asks for. Events that nobody listens to have no answer.
    pub(super) async fn handle_event(&self, session: &mut Session, event: &ClientEvent) {
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

    async fn join(&self, session: &mut Session, event: &ClientEvent) {
        let Request { name, after } = match self.request(event).and_then(|request| self.within_bounds(session, request))
        {
            Ok(request) => request,
            Err(refusal) => {
                metrics::join("refused");
                return answer(session, event, Err(refusal));
            }
        };
        metrics::join("accepted");
        if !session.joined.contains(&name) {
            session.joined.push(name.clone());
        }
        let now = self.hub.now();
        session.resume.take_if(|resume| resume.is_over());
        let beginning = session.resume.as_mut().map_or(Beginning::now(now), |resume| resume.begin(&name, now));
        let beginning = match after {
            Some(after) => Beginning { after: Some(after), at_latest: None, as_of: after.millis },
            None => Beginning { after: beginning.after.filter(is_plausible), ..beginning },
        };
        self.hub.join(&session.desktop, &name, beginning).await;
        answer(session, event, Ok(&name));
        self.hub.catch_up(&session.desktop, &name).await;
    }

    async fn leave(&self, session: &mut Session, event: &ClientEvent) {
        let name = match self.request(event) {
            Ok(request) => request.name,
            Err(refusal) => return answer(session, event, Err(refusal)),
        };
        if session.joined.contains(&name) {
            // In this order: if the connection ends meanwhile, the conversation is left once more.
            self.hub.leave(&session.desktop, &name).await;
            metrics::left();
            session.joined.retain(|joined| *joined != name);
            session.joined.shrink_to_fit();
        }
        let nothing = Offset::EMPTY;
        let known = match &mut session.resume {
            Some(resume) => {
                resume.end(&name);
                resume.known()
            }
            None => &nothing,
        };
        session.desktop.prune(self.hub.oldest(), &session.joined, known);
        answer(session, event, Ok(&name));
    }

    /// What is asked for must be of our project.
    fn request(&self, event: &ClientEvent) -> Result<Request, Refusal> {
        let request = Request::read(&event.args)?;
        if request.name.project() == self.project { Ok(request) } else { Err(Refusal::OtherProject) }
    }

    fn within_bounds(&self, session: &Session, request: Request) -> Result<Request, Refusal> {
        let room_for_more = session.joined.len() < self.hub.joins_per_socket();
        if room_for_more || session.joined.contains(&request.name) { Ok(request) } else { Err(Refusal::TooMany) }
    }
}

fn answer(session: &Session, event: &ClientEvent, result: Result<&ConversationName, Refusal>) {
    let Some(ack) = event.ack else { return };
    let args = match result {
        Ok(name) => json!([true, name.as_str()]),
        Err(refusal) => json!([false, refusal.to_string()]),
    };
    // A socket that has gone meanwhile needs no answer.
    let _ = session.desktop.socket().ack(ack, &args.to_string());
}

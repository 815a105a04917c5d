//! The events of desktops: `join-conversation`, `leave-conversation`, and streams.

use std::sync::Arc;

use event::{ConversationName, ResumeToken};
use serde_json::json;
use socketio::ClientEvent;

use super::DesktopSocket;
use super::request::{InvalidRequest, JoinRequest, is_plausible};
use crate::hub::StartFrom;
use crate::metrics;
use crate::state::App;

impl App {
    /// Handles an event of a desktop. Unknown events have no answer.
    pub(super) async fn handle_event(self: &Arc<Self>, socket: &mut DesktopSocket, event: &ClientEvent) {
        match event.name.as_str() {
            "join-conversation" => self.join(socket, event).await,
            "leave-conversation" => self.leave(socket, event).await,
            "stream-request" => {
                let streams = socket.streams.get_or_insert_default();
                streams.request(self, socket.desktop.socket(), &event.args);
            }
            "end-stream" => socket.streams.iter_mut().for_each(|streams| streams.end(&event.args)),
            _ => {}
        }
    }

    async fn join(&self, socket: &mut DesktopSocket, event: &ClientEvent) {
        let JoinRequest { name, after } =
            match self.request(event).and_then(|request| self.within_bounds(socket, request)) {
                Ok(request) => request,
                Err(refusal) => {
                    metrics::join("refused");
                    return answer(socket, event, Err(refusal));
                }
            };
        metrics::join("accepted");
        if !socket.joined.contains(&name) {
            socket.joined.push(name.clone());
        }
        let now = self.hub.now();
        socket.resume.take_if(|resume| resume.is_over());
        let start = socket.resume.as_mut().map_or(StartFrom::now(now), |resume| resume.begin(&name, now));
        let start = match after {
            Some(after) => StartFrom { after: Some(after), at_latest: None, last_seen: after.millis },
            None => StartFrom { after: start.after.filter(is_plausible), ..start },
        };
        self.hub.join(&socket.desktop, &name, start).await;
        answer(socket, event, Ok(&name));
        self.hub.catch_up(&socket.desktop, &name).await;
    }

    async fn leave(&self, socket: &mut DesktopSocket, event: &ClientEvent) {
        let name = match self.request(event) {
            Ok(request) => request.name,
            Err(refusal) => return answer(socket, event, Err(refusal)),
        };
        if socket.joined.contains(&name) {
            // In this order: if the connection ends meanwhile, the conversation is left once more.
            self.hub.leave(&socket.desktop, &name).await;
            metrics::left();
            socket.joined.retain(|joined| *joined != name);
            socket.joined.shrink_to_fit();
        }
        let nothing = ResumeToken::EMPTY;
        let known = match &mut socket.resume {
            Some(resume) => {
                resume.end(&name);
                resume.known()
            }
            None => &nothing,
        };
        socket.desktop.prune(self.hub.oldest(), &socket.joined, known);
        answer(socket, event, Ok(&name));
    }

    /// What is asked for must be of our project.
    fn request(&self, event: &ClientEvent) -> Result<JoinRequest, InvalidRequest> {
        let request = JoinRequest::read(&event.args)?;
        if request.name.project() == self.settings.project { Ok(request) } else { Err(InvalidRequest::OtherProject) }
    }

    fn within_bounds(&self, socket: &DesktopSocket, request: JoinRequest) -> Result<JoinRequest, InvalidRequest> {
        let room_for_more = socket.joined.len() < self.hub.joins_per_socket();
        if room_for_more || socket.joined.contains(&request.name) { Ok(request) } else { Err(InvalidRequest::TooMany) }
    }
}

fn answer(socket: &DesktopSocket, event: &ClientEvent, result: Result<&ConversationName, InvalidRequest>) {
    let Some(ack) = event.ack else { return };
    let args = match result {
        Ok(name) => json!([true, name.as_str()]),
        Err(refusal) => json!([false, refusal.to_string()]),
    };
    // A socket that has gone meanwhile needs no answer.
    let _ = socket.desktop.socket().ack(ack, &args.to_string());
}

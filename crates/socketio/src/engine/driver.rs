//! The part of a connection that its task owns.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::{Instant, sleep, timeout};

use super::connection::{Connection, Phase, Ready, Work};
use super::outbox::Load;
use super::packet::{ClientMessage, EnginePacket};
use super::polling::Upgraded;
use super::polling::get::HOLD;
use super::registry::ConnectionPermit;
use super::timers::{Deadline, Timers};
use super::websocket::WebSocket;
use crate::frame::Frame;
use crate::reason::Reason;

const PING: &str = "2";

/// Reads messages, writes frames, and keeps the deadlines of a connection.
///
/// Its size counts: it is most of what an idle connection costs.
pub(crate) struct Driver {
    connection: Arc<Connection>,
    timers: Timers,
    /// `None` while the client polls.
    websocket: Option<WebSocket>,
    /// Messages that came by polling before the upgrade and have not been handled.
    #[expect(clippy::box_collection, reason = "connections without one should pay for a pointer only")]
    backlog: Option<Box<VecDeque<ClientMessage>>>,
    written: Load,
    permit: ConnectionPermit,
}

impl Driver {
    /// `start` is when the client requested the connection.
    pub(super) fn new(
        connection: Arc<Connection>,
        mut permit: ConnectionPermit,
        start: Instant,
        websocket: Option<WebSocket>,
    ) -> Self {
        permit.register(&connection);
        let timers = Timers::start(start, &connection.settings);
        Self { connection, timers, websocket, backlog: None, written: Load::default(), permit }
    }

    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Returns the next message.
    ///
    /// # Errors
    /// Why the connection has ended.
    pub(crate) async fn receive(&mut self) -> Result<ClientMessage, Reason> {
        let message = poll_fn(|cx| self.poll(cx, true)).await;
        self.connection.awake();
        message.inspect_err(|reason| self.close(*reason))
    }

    /// Runs the handler of a message, and serves the connection meanwhile. If the connection ends, the
    /// handler may still run for `handler_grace`.
    ///
    /// # Errors
    /// Why the connection has ended: by itself, or by an error of the handler.
    pub(crate) async fn run<F>(&mut self, mut handler: Pin<Box<F>>) -> Result<(), Reason>
    where
        F: Future<Output = Result<(), Reason>>,
    {
        let done = poll_fn(|cx| match handler.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(Ok(result)),
            Poll::Pending => self.poll(cx, false).map(|ended| ended.map(|_| Ok(()))),
        });
        match done.await {
            Ok(result) => result.inspect_err(|reason| self.close(*reason)),
            Err(reason) => {
                self.close(reason);
                // The connection has ended, so the result of the handler does not matter.
                let _ = Box::pin(timeout(self.connection.settings.handler_grace, handler)).await;
                Err(reason)
            }
        }
    }

    /// After the end: gives the client a short time to read what was sent last.
    pub(crate) async fn linger(mut self) {
        if let Some(websocket) = self.websocket.take() {
            websocket.linger().await;
        } else if self.has_final_noop() {
            sleep(HOLD).await;
        }
    }

    /// Does all work there is. Returns the next message if `receives`, or why the connection ends.
    fn poll(&mut self, cx: &mut Context<'_>, receives: bool) -> Poll<Result<ClientMessage, Reason>> {
        loop {
            if let Some(message) = self.poll_work(cx, receives)? {
                return Poll::Ready(Ok(message));
            }
            if !self.poll_timers(cx)? {
                break;
            }
        }
        if receives { self.poll_read(cx) } else { Poll::Pending }
    }

    fn poll_work(&mut self, cx: &mut Context<'_>, receives: bool) -> Result<Option<ClientMessage>, Reason> {
        loop {
            self.poll_write(cx)?;
            let write = self.websocket.as_ref().is_some_and(|websocket| !websocket.is_writing());
            let written = std::mem::take(&mut self.written);
            match self.connection.next_work(Ready { write, handle: receives, written }, cx) {
                Work::Close(reason) => return Err(reason),
                Work::Write(frames) => {
                    if let Some(websocket) = &mut self.websocket {
                        websocket.start_write(frames);
                    }
                }
                Work::Switch(upgraded) => {
                    let Upgraded { websocket, pong, inbound } = *upgraded;
                    self.websocket = Some(websocket);
                    self.backlog = (!inbound.is_empty()).then(|| Box::new(inbound));
                    if pong {
                        self.pong();
                    }
                }
                Work::Pong => self.pong(),
                Work::Handle(message) => return Ok(Some(message)),
                Work::Sleep => return Ok(None),
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Reason> {
        let Some(websocket) = &mut self.websocket else {
            return Ok(());
        };
        if let Poll::Ready(written) = websocket.poll_write(cx) {
            self.written = written?;
        }
        let has_progressed = websocket.take_progress();
        if has_progressed {
            self.connection.note_progress();
        }
        self.timers.writing(websocket.is_writing(), has_progressed, &self.connection.settings);
        Ok(())
    }

    /// Handles the deadlines that have passed. Returns whether that made more work.
    fn poll_timers(&mut self, cx: &mut Context<'_>) -> Result<bool, Reason> {
        let Poll::Ready(deadline) = self.timers.poll(cx) else {
            return Ok(false);
        };
        match deadline {
            Deadline::Ping => self.ping(),
            Deadline::Pong => {}
            Deadline::Connect if self.connection.is_established() => {}
            Deadline::Connect => return Err(Reason::ConnectTimeout),
            Deadline::Retire => return Err(Reason::Recycled),
            Deadline::Write => return Err(Reason::SlowConsumer),
        }
        Ok(true)
    }

    fn ping(&mut self) {
        let pong_by = self.timers.ping(&self.connection.settings);
        if let Ok(polling) = self.connection.lock().polling() {
            polling.pong_by = Some(pong_by);
        }
        self.connection.send_control(Frame::fixed(PING));
    }

    fn pong(&mut self) {
        self.timers.pong(&self.connection.settings);
        if let Ok(polling) = self.connection.lock().polling() {
            polling.pong_by = None;
        }
    }

    /// Reads until there is a message. A pong is missing only once there is nothing left to read.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<ClientMessage, Reason>> {
        if let Some(message) = self.backlog.as_mut().and_then(|backlog| backlog.pop_front()) {
            return Poll::Ready(Ok(message));
        }
        self.backlog = None;
        while let Some(websocket) = &mut self.websocket {
            websocket.set_max_payload(self.connection.max_payload());
            let Poll::Ready(packet) = websocket.poll_read(cx)? else {
                break;
            };
            match packet {
                EnginePacket::Message(message) => return Poll::Ready(Ok(message)),
                EnginePacket::Pong => self.pong(),
                EnginePacket::Noop => {}
                EnginePacket::Close => return Poll::Ready(Err(Reason::TransportClose)),
                EnginePacket::Open | EnginePacket::Ping | EnginePacket::Probe | EnginePacket::Upgrade => {
                    return Poll::Ready(Err(Reason::ProtocolError));
                }
            }
        }
        if self.timers.is_overdue() { Poll::Ready(Err(Reason::PingTimeout)) } else { Poll::Pending }
    }

    /// Ends the connection without waiting for the client.
    fn close(&mut self, reason: Reason) {
        self.connection.close(reason);
        let unsent = self.connection.clear();
        let websocket = self.websocket.take().filter(|_| reason.is_orderly());
        self.websocket = websocket.and_then(|websocket| websocket.close(unsent, reason));
        self.backlog = None;
        if !self.has_final_noop() {
            self.permit.unregister();
        }
        tracing::debug!(%reason, "connection closed");
    }

    fn has_final_noop(&self) -> bool {
        matches!(self.connection.lock().phase, Phase::Closed { final_noop: true, .. })
    }
}

/// However the task ends, nothing can be sent to the client afterwards.
impl Drop for Driver {
    fn drop(&mut self) {
        self.connection.close(Reason::Application);
    }
}

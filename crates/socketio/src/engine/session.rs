//! The task of a session, which owns its protocol state from the first packet to the last.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::time::{Instant, timeout};

use super::{
    Connection, Handler,
    clock::{Clock, Due},
    link::{Link, Ready, Work},
    outbox::Load,
    packet::{Message, Packet},
    polling::HOLD,
    registry::Place,
    websocket::Channel,
};
use crate::{frame::Frame, reason::Reason};

const PING: &str = "2";

/// The protocol side of a session.
pub(crate) struct Session {
    link: Arc<Link>,
    clock: Clock,
    /// `None` while the client polls.
    channel: Option<Channel>,
    /// Messages that came by polling before the upgrade and have not been handled yet.
    #[expect(clippy::box_collection, reason = "a pointer is all that the sessions without one should pay")]
    backlog: Option<Box<VecDeque<Message>>>,
    written: Load,
    place: Place,
}

impl Session {
    /// `start` is when the client asked for the session.
    pub(crate) fn new(link: Arc<Link>, mut place: Place, start: Instant, channel: Option<Channel>) -> Self {
        place.enter(&link);
        let clock = Clock::start(start, &link.settings);
        Self { link, clock, channel, backlog: None, written: Load::default(), place }
    }

    /// Serves the client until the connection ends.
    ///
    /// An `async` block over captured variables, since an `async fn` would hold the session twice; and whatever an idle
    /// session does not need is boxed, so that it has no room for it.
    #[expect(clippy::manual_async_fn, reason = "see above")]
    pub(crate) fn run<H: Handler>(mut self, handler: Arc<H>) -> impl Future<Output = ()> + Send {
        async move {
            let mut session = handler.open(Connection::new(self.link.clone()));
            let reason = self.serve(&*handler, &mut session).await;
            self.shut(reason);
            tracing::debug!(sid = self.link.id.as_str(), %reason, "session ended");
            Box::pin(handler.close(session, reason)).await;
            if self.is_owed_farewell() {
                Box::pin(tokio::time::sleep(HOLD)).await;
            }
        }
    }

    async fn serve<H: Handler>(&mut self, handler: &H, session: &mut H::Session) -> Reason {
        loop {
            let message = match poll_fn(|cx| self.poll(cx, true)).await {
                Ok(message) => message,
                Err(reason) => return reason,
            };
            self.link.awake();
            let work = Box::pin(handler.message(session, message));
            if let Err(reason) = self.drive(work).await {
                return reason;
            }
        }
    }

    /// Runs a handler, and the protocol meanwhile.
    async fn drive<F>(&mut self, mut work: Pin<Box<F>>) -> Result<(), Reason>
    where
        F: Future<Output = Result<(), Reason>>,
    {
        let ended = poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(Ok(result)),
            Poll::Pending => self.poll(cx, false).map(|ended| ended.map(|_| Ok(()))),
        });
        match ended.await {
            Ok(result) => result,
            Err(reason) => {
                self.shut(reason);
                // The handler's own result no longer matters.
                let _ = Box::pin(timeout(self.link.settings.handler_grace, work)).await;
                Err(reason)
            }
        }
    }

    /// Does everything there is to do; ready with a message to handle, if one is wanted, or with the end.
    fn poll(&mut self, cx: &mut Context<'_>, reading: bool) -> Poll<Result<Message, Reason>> {
        loop {
            if let Some(message) = self.poll_work(cx, reading)? {
                return Poll::Ready(Ok(message));
            }
            let again = self.poll_clock(cx)?;
            if !again {
                break;
            }
        }
        if reading { self.poll_read(cx) } else { Poll::Pending }
    }

    fn poll_work(&mut self, cx: &mut Context<'_>, reading: bool) -> Result<Option<Message>, Reason> {
        loop {
            self.write(cx)?;
            let write = self.channel.as_ref().is_some_and(|channel| !channel.is_writing());
            let written = std::mem::take(&mut self.written);
            match self.link.next(Ready { write, handle: reading, written }, cx) {
                Work::Closed(reason) => return Err(reason),
                Work::Write(frames) => {
                    if let Some(channel) = &mut self.channel {
                        channel.begin(frames);
                    }
                }
                Work::Switch(channel, polled) => {
                    self.backlog = polled.into_inbound().map(Box::new);
                    self.channel = Some(*channel);
                }
                Work::Pong => self.pong(),
                Work::Handle(message) => return Ok(Some(message)),
                Work::Sleep => return Ok(None),
            }
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), Reason> {
        let Some(channel) = &mut self.channel else {
            return Ok(());
        };
        if let Poll::Ready(written) = channel.poll_write(cx) {
            self.written = written?;
        }
        self.clock.writing(channel.is_writing(), &self.link.settings);
        Ok(())
    }

    /// Whether there is more to do for what was due.
    fn poll_clock(&mut self, cx: &mut Context<'_>) -> Result<bool, Reason> {
        let Poll::Ready(due) = self.clock.poll(cx) else {
            return Ok(false);
        };
        match due {
            Due::Ping => self.ping(),
            Due::Pong => {}
            Due::Connect if self.link.is_established() => {}
            Due::Connect => return Err(Reason::ConnectTimeout),
            Due::Retire => return Err(Reason::Recycled),
            Due::Write => return Err(Reason::SlowConsumer),
        }
        Ok(true)
    }

    fn ping(&mut self) {
        let pong_by = self.clock.ping(&self.link.settings);
        if let Some(polled) = &mut self.link.lock().polled {
            polled.pong_by = Some(pong_by);
        }
        self.link.send_control(Frame::fixed(PING));
    }

    fn pong(&mut self) {
        self.clock.pong(&self.link.settings);
        if let Some(polled) = &mut self.link.lock().polled {
            polled.pong_by = None;
        }
    }

    /// Reads until there is a message. Only when nothing is left to read is a missing pong really missing.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Reason>> {
        if let Some(message) = self.backlog.as_mut().and_then(|backlog| backlog.pop_front()) {
            return Poll::Ready(Ok(message));
        }
        self.backlog = None;
        while let Some(channel) = &mut self.channel {
            channel.allow(self.link.max_payload());
            let Poll::Ready(packet) = channel.poll_read(cx)? else {
                break;
            };
            match packet {
                Packet::Message(message) => return Poll::Ready(Ok(message)),
                Packet::Pong => self.pong(),
                Packet::Noop => {}
                Packet::Close => return Poll::Ready(Err(Reason::TransportClose)),
                Packet::Open | Packet::Ping(_) | Packet::Upgrade => {
                    return Poll::Ready(Err(Reason::ProtocolError));
                }
            }
        }
        if self.clock.is_overdue() { Poll::Ready(Err(Reason::PingTimeout)) } else { Poll::Pending }
    }

    /// Ends the connection without waiting for the client.
    fn shut(&mut self, reason: Reason) {
        self.link.close(reason);
        if let Some(channel) = self.channel.take()
            && reason.is_orderly()
        {
            channel.part(self.link.take_rest(), reason);
        }
        self.link.clear();
        self.backlog = None;
        if !self.is_owed_farewell() {
            self.place.leave();
        }
    }

    fn is_owed_farewell(&self) -> bool {
        self.link.lock().polled.as_ref().is_some_and(|polled| polled.farewell)
    }
}

/// However the task ends, nobody must go on sending to it.
impl Drop for Session {
    fn drop(&mut self) {
        self.link.close(Reason::Application);
    }
}

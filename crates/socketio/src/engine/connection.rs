//! One connection of a client, as its task, its HTTP requests and the senders of frames share it.
//!
//! ```text
//!      GET                                        GET with `Upgrade: websocket`
//!       │                                          │
//!       ▼                                          ▼
//!    Polling ───── `5` ─────▶ Upgraded ────────▶ WebSocket
//!       │                        │  the task         │
//!       │                        │  takes it         │
//!       └────────────┬───────────┴───────────────────┘
//!                    ▼
//!                 Closed (why)
//! ```
//!
//! Only the task reads and writes the WebSocket. While the client polls, its requests take frames
//! from the outbox and bring messages.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::time::timeout;

use super::error::RequestError;
use super::id::RandomId;
use super::library::ClientLibrary;
use super::outbox::{Load, Outbox};
use super::packet::ClientMessage;
use super::polling::{Polling, Upgraded};
use crate::frame::Frame;
use crate::reason::{Closed, Reason, Unsent};
use crate::settings::SocketSettings;

pub(crate) struct Connection {
    /// The session id. Knowing it is enough to send and receive in place of a client that polls.
    pub(super) id: RandomId,
    pub(super) settings: Arc<SocketSettings>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) library: ClientLibrary,
    established: AtomicBool,
    /// Grows whenever the client has accepted bytes.
    progress: AtomicUsize,
    state: Mutex<ConnectionState>,
}

pub(super) struct ConnectionState {
    pub(super) outbox: Outbox,
    pub(super) phase: Phase,
    /// The task while it sleeps.
    task: Option<Waker>,
    /// Futures that wait for room in the outbox, for messages to be handled, or for the end.
    waiters: Vec<Waker>,
}

pub(super) enum Phase {
    Polling(Box<Polling>),
    /// The upgrade is complete, and the task has not yet taken the WebSocket.
    Upgraded(Box<Upgraded>),
    /// `writable` while the task sleeps and has nothing left to write, so that it can write at once.
    WebSocket {
        writable: bool,
    },
    /// `final_noop` if the client closed the connection before its last poll arrived, which gets a
    /// NOOP.
    Closed {
        reason: Reason,
        final_noop: bool,
    },
}

/// What the task has to do next.
pub(super) enum Work {
    Close(Reason),
    Write(Vec<Frame>),
    Switch(Box<Upgraded>),
    Pong,
    Handle(ClientMessage),
    /// Nothing. The task will be woken.
    Sleep,
}

/// What the task is ready for.
#[derive(Clone, Copy)]
pub(super) struct Ready {
    pub(super) write: bool,
    pub(super) handle: bool,
    /// Written since the last call.
    pub(super) written: Load,
}

impl Connection {
    pub(super) fn new(
        settings: Arc<SocketSettings>,
        address: Option<IpAddr>,
        library: ClientLibrary,
        phase: Phase,
    ) -> Arc<Self> {
        let state = ConnectionState { outbox: Outbox::default(), phase, task: None, waiters: Vec::new() };
        let (id, established, progress) = (RandomId::generate(), AtomicBool::new(false), AtomicUsize::new(0));
        Arc::new(Self { id, settings, address, library, established, progress, state: Mutex::new(state) })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ConnectionState> {
        self.state.lock()
    }

    /// Exempts the connection from `connect_timeout` and `max_payload_before_connect`.
    pub(crate) fn establish(&self) {
        self.established.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_established(&self) -> bool {
        self.established.load(Ordering::Relaxed)
    }

    /// Bytes of the largest message that the client may send now.
    pub(crate) fn max_payload(&self) -> usize {
        let limit = self.settings.max_payload;
        if self.is_established() { limit } else { limit.min(self.settings.max_payload_before_connect) }
    }

    /// Why the connection has ended, if it has.
    pub(crate) fn closed(&self) -> Option<Reason> {
        self.lock().closed()
    }

    /// Ends the connection. Only the first reason counts.
    pub(crate) fn close(&self, reason: Reason) {
        let wakers = self.lock().close(reason, false);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Queues a frame, or closes the connection if there is no room.
    pub(crate) fn send(&self, frame: Frame) -> Result<(), Closed> {
        self.try_send(frame).map_err(|unsent| {
            if unsent == Unsent::NoRoom {
                self.close(Reason::SlowConsumer);
            }
            Closed
        })
    }

    /// Queues a frame if there is room.
    pub(crate) fn try_send(&self, frame: Frame) -> Result<(), Unsent> {
        let mut state = self.lock();
        if state.closed().is_some() {
            return Err(Unsent::Closed);
        }
        if !state.outbox.has_room(&frame, &self.settings) {
            state.outbox.refuse(&frame);
            return Err(Unsent::NoRoom);
        }
        let waker = state.push(frame);
        drop(state);
        wake(waker);
        Ok(())
    }

    /// Queues a packet of Engine.IO itself, to which no limit applies.
    pub(super) fn send_control(&self, packet: Frame) {
        let waker = self.lock().push(packet);
        wake(waker);
    }

    /// Notes that the client has accepted bytes.
    pub(super) fn note_progress(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    /// Queues a frame once there is room, or closes the connection after a `write_timeout` without progress.
    pub(crate) async fn send_when_ready(&self, frame: Frame) -> Result<(), Closed> {
        let mut frame = Some(frame);
        let waker = self.wait_for_outbox(|state| {
            let frame = frame.take_if(|frame| state.outbox.has_room(frame, &self.settings))?;
            Some(state.push(frame))
        });
        waker.await.map(wake)
    }

    /// Waits until half of the outbox is free, or closes the connection after a `write_timeout` without progress.
    pub(crate) async fn ready(&self) -> Result<(), Closed> {
        self.wait_for_outbox(|state| state.outbox.is_half_empty(&self.settings).then_some(())).await
    }

    /// Starts to serve a request of a client that polls. `begin` records it, and returns whether it may be
    /// served beside the other requests of the client; if not, the connection ends.
    pub(super) fn begin_request(&self, begin: impl FnOnce(&mut Polling) -> bool) -> Result<(), RequestError> {
        let mut state = self.lock();
        let polling = state.polling()?;
        let (reason, error) = if polling.is_overdue() {
            (Reason::PingTimeout, RequestError::UnknownSession)
        } else if !begin(polling) {
            (Reason::ProtocolError, RequestError::BadRequest)
        } else {
            return Ok(());
        };
        drop(state);
        self.close(reason);
        Err(error)
    }

    async fn wait_for_outbox<T>(
        &self,
        mut condition: impl FnMut(&mut ConnectionState) -> Option<T>,
    ) -> Result<T, Closed> {
        let limit = self.settings.write_timeout;
        loop {
            let before = self.progress.load(Ordering::Relaxed);
            let found = self.wait_for(limit, |state| match state.closed() {
                Some(_) => Some(Err(Closed)),
                None => condition(state).map(Ok),
            });
            if let Some(found) = found.await {
                return found;
            }
            if self.progress.load(Ordering::Relaxed) == before {
                self.close(Reason::SlowConsumer);
                return Err(Closed);
            }
        }
    }

    /// Waits until `condition` returns something, for at most `limit`. It is evaluated whenever there is
    /// new room in the outbox, messages have been handled, or the connection has ended.
    pub(super) async fn wait_for<T>(
        &self,
        limit: Duration,
        mut condition: impl FnMut(&mut ConnectionState) -> Option<T>,
    ) -> Option<T> {
        let found = std::future::poll_fn(|cx| {
            let mut state = self.lock();
            if let Some(found) = condition(&mut state) {
                return Poll::Ready(found);
            }
            state.wait(cx);
            Poll::Pending
        });
        timeout(limit, found).await.ok()
    }

    /// Call when the task starts to run, so that nothing wakes it until it sleeps again.
    pub(super) fn awake(&self) {
        self.lock().task = None;
    }

    /// Returns the next work of the task. If there is none, the task will be woken.
    pub(super) fn next_work(&self, ready: Ready, cx: &Context<'_>) -> Work {
        let mut state = self.lock();
        let has_room = state.outbox.settle(ready.written);
        let work = state.next_work(ready, cx);
        let wakers = match &work {
            Work::Handle(_) | Work::Switch(_) => state.take_waiters(),
            _ if has_room => state.take_waiters(),
            _ => Vec::new(),
        };
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        work
    }

    /// Takes the frames that have not been written, and frees what a closed connection still owns.
    pub(super) fn clear(&self) -> Vec<Frame> {
        let mut state = self.lock();
        state.task = None;
        let unsent = state.outbox.take();
        state.outbox = Outbox::default();
        unsent
    }
}

impl ConnectionState {
    pub(super) fn closed(&self) -> Option<Reason> {
        if let Phase::Closed { reason, .. } = self.phase { Some(reason) } else { None }
    }

    /// Ends the connection, and returns the wakers to be woken once the state is unlocked.
    pub(super) fn close(&mut self, reason: Reason, final_noop: bool) -> Vec<Waker> {
        if self.closed().is_some() {
            return Vec::new();
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Closed { reason, final_noop });
        let mut wakers = self.take_waiters();
        wakers.extend(self.task.take());
        if let Phase::Polling(mut polling) = phase {
            wakers.extend(polling.take_poll_waker());
        }
        wakers
    }

    /// Returns the state of a client that polls.
    pub(super) fn polling(&mut self) -> Result<&mut Polling, RequestError> {
        match &mut self.phase {
            Phase::Polling(polling) => Ok(polling),
            Phase::Upgraded(_) | Phase::WebSocket { .. } => Err(RequestError::BadRequest),
            Phase::Closed { .. } => Err(RequestError::UnknownSession),
        }
    }

    /// Queues a frame, and returns the waker of the one that can write it at once: the waiting poll or
    /// the sleeping task.
    fn push(&mut self, frame: Frame) -> Option<Waker> {
        let waker = match &mut self.phase {
            Phase::Polling(polling) => polling.take_poll_waker(),
            Phase::WebSocket { writable: true } => self.task.take(),
            Phase::WebSocket { writable: false } | Phase::Upgraded(_) => None,
            Phase::Closed { .. } => return None,
        };
        self.outbox.push(frame);
        waker
    }

    fn wait(&mut self, cx: &Context<'_>) {
        if !self.waiters.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiters.push(cx.waker().clone());
        }
    }

    pub(super) fn take_waiters(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.waiters)
    }

    pub(super) fn take_task(&mut self) -> Option<Waker> {
        self.task.take()
    }

    fn next_work(&mut self, ready: Ready, cx: &Context<'_>) -> Work {
        match &mut self.phase {
            Phase::Closed { reason, .. } => return Work::Close(*reason),
            Phase::Polling(polling) => {
                if polling.take_pong() {
                    return Work::Pong;
                }
                if ready.handle
                    && let Some(message) = polling.take_message()
                {
                    return Work::Handle(message);
                }
            }
            Phase::Upgraded(_) => {
                let websocket = Phase::WebSocket { writable: false };
                if let Phase::Upgraded(upgraded) = std::mem::replace(&mut self.phase, websocket) {
                    return Work::Switch(upgraded);
                }
            }
            Phase::WebSocket { .. } if ready.write && !self.outbox.is_empty() => {
                return Work::Write(self.outbox.take());
            }
            Phase::WebSocket { writable } => *writable = ready.write,
        }
        if !self.task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            self.task = Some(cx.waker().clone());
        }
        Work::Sleep
    }
}

pub(super) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests;

//! What the task of a session shares with those who send to it and with the requests of its client.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};

use super::{
    id::Id,
    outbox::{Load, Outbox},
    packet::Message,
    polled::Polled,
    websocket::Channel,
};
use crate::{
    frame::Frame,
    reason::{Closed, Reason, Unsent},
    settings::Settings,
};

pub(crate) struct Link {
    pub(crate) id: Id,
    pub(crate) settings: Arc<Settings>,
    /// Where the client is, if whoever serves HTTP tells.
    pub(crate) peer: Option<IpAddr>,
    established: AtomicBool,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) outbox: Outbox,
    closed: Option<Reason>,
    /// The session's task while it sleeps and wants to know of frames.
    task: Option<Waker>,
    /// Whether the sleeping task can take frames; if not, its last write has not been finished.
    writable: bool,
    /// Others that wait for room or for the end.
    waiters: Vec<Waker>,
    /// Gone once the session has a WebSocket.
    pub(crate) polled: Option<Box<Polled>>,
}

/// What the session's task has to do next.
pub(crate) enum Work {
    Closed(Reason),
    Write(Vec<Frame>),
    Switch(Box<Channel>, Box<Polled>),
    Pong,
    Handle(Message),
    /// Nothing: the task will be woken.
    Sleep,
}

/// What the session's task is ready for.
#[derive(Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) write: bool,
    pub(crate) handle: bool,
    /// Written since the last time.
    pub(crate) written: Load,
}

impl Link {
    pub(crate) fn new(id: Id, settings: Arc<Settings>, peer: Option<IpAddr>, polled: Option<Box<Polled>>) -> Self {
        let state =
            State { outbox: Outbox::default(), closed: None, task: None, writable: false, waiters: Vec::new(), polled };
        Self { id, settings, peer, established: AtomicBool::new(false), state: Mutex::new(state) }
    }

    /// The state is consistent after every statement, so a panic elsewhere does not spoil it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub(crate) fn establish(&self) {
        self.established.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_established(&self) -> bool {
        self.established.load(Ordering::Relaxed)
    }

    /// Bytes of the largest message that the client may send now.
    pub(crate) fn max_payload(&self) -> usize {
        let limit = self.settings.max_payload;
        if self.is_established() { limit } else { limit.min(self.settings.max_payload_before_connect) }
    }

    pub(crate) fn closed(&self) -> Option<Reason> {
        self.lock().closed
    }

    /// Ends the session; only the first reason counts.
    pub(crate) fn close(&self, reason: Reason) {
        let wakers = self.lock().close(reason);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Queues a frame, or cuts the client that has no room for it.
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
        if state.closed.is_some() {
            return Err(Unsent::Closed);
        }
        if !state.outbox.has_room(&frame, &self.settings) {
            state.outbox.refuse(&frame);
            return Err(Unsent::NoRoom);
        }
        let waker = state.accept(frame);
        drop(state);
        wake(waker);
        Ok(())
    }

    /// Queues a packet of the protocol itself, to which no limit applies.
    pub(crate) fn send_control(&self, packet: Frame) {
        let waker = self.lock().accept(packet);
        wake(waker);
    }

    /// Waits for room, for at most the write timeout; then the client is cut.
    pub(crate) async fn send_when_ready(&self, frame: Frame) -> Result<(), Closed> {
        let mut frame = Some(frame);
        let sent = std::future::poll_fn(|cx| self.poll_send(&mut frame, cx));
        let sent = tokio::time::timeout(self.settings.write_timeout, sent).await;
        sent.unwrap_or_else(|_| {
            self.close(Reason::SlowConsumer);
            Err(Closed)
        })
    }

    /// Waits until half of the outbox is free, for at most the write timeout; then the client is cut.
    pub(crate) async fn ready(&self) -> Result<(), Closed> {
        let open = |state: &mut State| match state.closed {
            Some(_) => Some(Err(Closed)),
            None => state.outbox.is_half_empty(&self.settings).then_some(Ok(())),
        };
        let ready = self.until(self.settings.write_timeout, open).await;
        ready.unwrap_or_else(|| {
            self.close(Reason::SlowConsumer);
            Err(Closed)
        })
    }

    fn poll_send(&self, frame: &mut Option<Frame>, cx: &Context<'_>) -> Poll<Result<(), Closed>> {
        let mut state = self.lock();
        if state.closed.is_some() {
            return Poll::Ready(Err(Closed));
        }
        let Some(next) = frame.take_if(|frame| state.outbox.has_room(frame, &self.settings)) else {
            state.wait(cx);
            return Poll::Pending;
        };
        let waker = state.accept(next);
        drop(state);
        wake(waker);
        Poll::Ready(Ok(()))
    }

    /// Waits until `done` finds what it looks for; it is asked again whenever room was made or the session ended.
    pub(crate) async fn until<T>(&self, limit: Duration, mut done: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let found = std::future::poll_fn(|cx| {
            let mut state = self.lock();
            if let Some(found) = done(&mut state) {
                return Poll::Ready(found);
            }
            state.wait(cx);
            Poll::Pending
        });
        tokio::time::timeout(limit, found).await.ok()
    }

    /// The task is running: what is sent in the meantime need not wake it.
    pub(crate) fn awake(&self) {
        self.lock().task = None;
    }

    /// The next piece of work of the session's task, which is put to sleep if there is none.
    pub(crate) fn next(&self, ready: Ready, cx: &Context<'_>) -> Work {
        let mut state = self.lock();
        let has_room = state.outbox.settle(ready.written);
        let work = state.next(ready, cx);
        let wakers = match &work {
            Work::Handle(_) | Work::Switch(..) => state.take_waiters(),
            _ if has_room => state.take_waiters(),
            _ => Vec::new(),
        };
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        work
    }

    /// What was never taken, for a last attempt at writing.
    pub(crate) fn take_rest(&self) -> Vec<Frame> {
        self.lock().outbox.take()
    }

    /// Frees what a closed session still holds.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        state.outbox.clear();
        state.task = None;
    }
}

impl State {
    pub(crate) fn closed(&self) -> Option<Reason> {
        self.closed
    }

    pub(crate) fn close(&mut self, reason: Reason) -> Vec<Waker> {
        if self.closed.is_some() {
            return Vec::new();
        }
        self.closed = Some(reason);
        let mut wakers = self.take_waiters();
        wakers.extend(self.task.take());
        wakers.extend(self.polled.as_mut().and_then(|polled| polled.end()));
        wakers
    }

    /// The one to wake is whoever can write the frame at once: the waiting poll, or the idle task.
    fn accept(&mut self, frame: Frame) -> Option<Waker> {
        self.outbox.push(frame);
        match &mut self.polled {
            Some(polled) => polled.take_poll_waker(),
            None if self.writable => self.task.take(),
            None => None,
        }
    }

    pub(crate) fn wait(&mut self, cx: &Context<'_>) {
        if !self.waiters.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiters.push(cx.waker().clone());
        }
    }

    pub(crate) fn take_waiters(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.waiters)
    }

    pub(crate) fn take_task(&mut self) -> Option<Waker> {
        self.task.take()
    }

    fn next(&mut self, ready: Ready, cx: &Context<'_>) -> Work {
        if let Some(reason) = self.closed {
            return Work::Closed(reason);
        }
        // First, because a pong that came by polling would be gone with it.
        if self.polled.as_mut().is_some_and(|polled| polled.take_pong()) {
            return Work::Pong;
        }
        if let Some(channel) = self.polled.as_mut().and_then(|polled| polled.take_channel())
            && let Some(polled) = self.polled.take()
        {
            return Work::Switch(channel, polled);
        }
        if let Some(polled) = &mut self.polled {
            if ready.handle
                && let Some(message) = polled.take_message()
            {
                return Work::Handle(message);
            }
        } else if ready.write && !self.outbox.is_empty() {
            return Work::Write(self.outbox.take());
        }
        self.writable = ready.write;
        if !self.task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            self.task = Some(cx.waker().clone());
        }
        Work::Sleep
    }
}

pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

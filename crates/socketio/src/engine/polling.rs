//! The requests of a client that uses HTTP long-polling.
//!
//! Specification: <https://github.com/socketio/engine.io-protocol#http-long-polling>.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use tokio::time::{Instant, timeout};

use super::{
    link::{Link, State, wake},
    outbox::Load,
    packet::{Message, Packet, encode_payload, parse_payload},
    polled::{Phase, Polled},
    refusal::Refusal,
};
use crate::reason::Reason;

/// Packets that one POST may bring.
const MAX_PACKETS: usize = 4096;

/// How long a poll that comes after the probe is held. A client that is about to complete the upgrade does not send
/// one; the reference server looks every 100 ms too.
pub(crate) const HOLD: Duration = Duration::from_millis(100);

const CLOSE: &str = "1";
const NOOP: &str = "6";

/// Serves a GET: waits for frames and answers with all of them.
pub(crate) async fn poll(link: Arc<Link>) -> Result<Vec<u8>, Refusal> {
    if begin_poll(&link)? {
        return Ok(NOOP.into());
    }
    let mut pending = Pending { link: &link, answered: false };
    let answer = pending.answer().await;
    pending.answered = true;
    answer
}

/// Whether the poll has its answer already, NOOP.
fn begin_poll(link: &Link) -> Result<bool, Refusal> {
    let mut state = link.lock();
    if state.closed().is_some() {
        let owed = state.polled.as_mut().is_some_and(|polled| std::mem::take(&mut polled.farewell));
        return if owed { Ok(true) } else { Err(Refusal::UnknownSession) };
    }
    let polled = polled(&mut state)?;
    if polled.is_overdue(Instant::now()) {
        return Err(end(link, state, Reason::PingTimeout, Refusal::UnknownSession));
    }
    if polled.poll.active {
        return Err(end(link, state, Reason::ProtocolError, Refusal::BadRequest));
    }
    polled.poll.active = true;
    polled.poll.interrupted = false;
    Ok(false)
}

/// The state of polling, if the session still polls.
fn polled(state: &mut State) -> Result<&mut Polled, Refusal> {
    let polled = state.polled.as_deref_mut().ok_or(Refusal::BadRequest)?;
    if polled.phase == Phase::Upgraded { Err(Refusal::BadRequest) } else { Ok(polled) }
}

fn end(link: &Link, state: parking_lot::MutexGuard<'_, State>, reason: Reason, refusal: Refusal) -> Refusal {
    drop(state);
    link.close(reason);
    refusal
}

/// A poll without its answer. A client that gives it up has left.
struct Pending<'a> {
    link: &'a Link,
    answered: bool,
}

impl Pending<'_> {
    async fn answer(&mut self) -> Result<Vec<u8>, Refusal> {
        let hold = timeout(HOLD, std::future::poll_fn(|cx| self.poll_answer(cx, false)));
        match hold.await {
            Ok(answer) => answer,
            Err(_) => std::future::poll_fn(|cx| self.poll_answer(cx, true)).await,
        }
    }

    fn poll_answer(&self, cx: &Context<'_>, held: bool) -> Poll<Result<Vec<u8>, Refusal>> {
        let mut state = self.link.lock();
        let Some(answer) = answer(&mut state, held) else {
            if let Some(polled) = &mut state.polled {
                polled.poll.waker = Some(cx.waker().clone());
            }
            return Poll::Pending;
        };
        if let Some(polled) = &mut state.polled {
            polled.poll.active = false;
        }
        let waiters = state.take_waiters();
        drop(state);
        waiters.into_iter().for_each(Waker::wake);
        Poll::Ready(answer)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.link.close(Reason::TransportClose);
        }
    }
}

fn answer(state: &mut State, held: bool) -> Option<Result<Vec<u8>, Refusal>> {
    if let Some(reason) = state.closed() {
        let last = if reason == Reason::TransportClose { NOOP } else { CLOSE };
        return Some(Ok(last.into()));
    }
    let polled = match polled(state) {
        Ok(polled) => polled,
        Err(refusal) => return Some(Err(refusal)),
    };
    if polled.phase == Phase::Probed {
        return (held || polled.poll.interrupted).then(|| Ok(NOOP.into()));
    }
    let interrupted = polled.poll.interrupted;
    if state.outbox.is_empty() {
        return interrupted.then(|| Ok(NOOP.into()));
    }
    let frames = state.outbox.take();
    state.outbox.settle(Load::of(&frames));
    Some(Ok(encode_payload(&frames)))
}

/// Has the poll under way, if there is one, answered at once.
pub(crate) fn interrupt(link: &Link) {
    let mut state = link.lock();
    let Some(polled) = &mut state.polled else { return };
    polled.poll.interrupted = polled.poll.active;
    let poll = polled.take_poll_waker();
    drop(state);
    wake(poll);
}

/// Serves a POST: hands its packets to the session, once those of the POST before have been handled.
pub(crate) async fn post(link: Arc<Link>, body: Body) -> Result<&'static str, Refusal> {
    begin_post(&link)?;
    let _posting = Posting(&link);
    let body = read(&link, body).await.inspect_err(|_| link.close(Reason::ProtocolError))?;
    let packets = parse_payload(&body, MAX_PACKETS).ok().and_then(Received::sort);
    let Some(received) = packets else {
        link.close(Reason::ProtocolError);
        return Err(Refusal::BadRequest);
    };
    deliver(&link, received).await?;
    Ok("ok")
}

fn begin_post(link: &Link) -> Result<(), Refusal> {
    let mut state = link.lock();
    if state.closed().is_some() {
        return Err(Refusal::UnknownSession);
    }
    let polled = polled(&mut state)?;
    if polled.is_overdue(Instant::now()) {
        return Err(end(link, state, Reason::PingTimeout, Refusal::UnknownSession));
    }
    if polled.posting {
        return Err(end(link, state, Reason::ProtocolError, Refusal::BadRequest));
    }
    polled.posting = true;
    Ok(())
}

struct Posting<'a>(&'a Link);

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        if let Some(polled) = &mut self.0.lock().polled {
            polled.posting = false;
        }
    }
}

async fn read(link: &Link, body: Body) -> Result<Bytes, Refusal> {
    let read = axum::body::to_bytes(body, link.max_payload());
    let body = timeout(link.settings.ping_timeout, read).await;
    body.map_err(|_| Refusal::TooSlow)?.map_err(|_| Refusal::TooLarge)
}

/// The packets of a POST, by what they are for.
#[derive(Default)]
struct Received {
    messages: Vec<Message>,
    pong: bool,
    close: bool,
}

impl Received {
    /// `None` if a client must not send one of these packets here.
    fn sort(packets: Vec<Packet>) -> Option<Self> {
        let mut received = Self::default();
        for packet in packets {
            match packet {
                Packet::Message(message) => received.messages.push(message),
                Packet::Pong => received.pong = true,
                Packet::Close => received.close = true,
                Packet::Noop => {}
                Packet::Open | Packet::Ping(_) | Packet::Upgrade => return None,
            }
        }
        Some(received)
    }
}

async fn deliver(link: &Link, received: Received) -> Result<(), Refusal> {
    let close = received.close;
    let mut received = Some(received);
    let delivered = link.until(link.settings.ping_timeout, |state| accept(state, &mut received)).await;
    let Some(task) = delivered.transpose()? else {
        link.close(Reason::TransportError);
        return Err(Refusal::TooSlow);
    };
    wake(task);
    if close {
        link.close(Reason::TransportClose);
    }
    Ok(())
}

/// Hands over the packets if there is room; the answer is the task to wake.
fn accept(state: &mut State, received: &mut Option<Received>) -> Option<Result<Option<Waker>, Refusal>> {
    if state.closed().is_some() {
        return Some(Err(Refusal::UnknownSession));
    }
    let polled = match polled(state) {
        Ok(polled) => polled,
        Err(refusal) => return Some(Err(refusal)),
    };
    let received = received.take_if(|received| received.messages.is_empty() || polled.is_idle())?;
    if received.pong {
        polled.pong();
    }
    polled.farewell = received.close && !polled.poll.active;
    polled.receive(received.messages);
    Some(Ok(state.take_task()))
}

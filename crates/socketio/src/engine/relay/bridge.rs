//! A WebSocket of a session that another process has. To that process the client goes on polling: what it sends here
//! is posted there, and what is polled there is sent here.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Interval, MissedTickBehavior, Sleep, interval, sleep, timeout};

use super::Elsewhere;
use crate::{
    engine::{
        packet::{Packet, decode_answer, encode_message},
        polling::HOLD,
        refusal::Refusal,
        registry::Place,
        websocket::Channel,
    },
    frame::Frame,
    reason::Reason,
};

const PROBED: &str = "3probe";
const PONG: &[u8] = b"3";
const CLOSE: &[u8] = b"1";
/// How long the other process may take to be told that the client has gone.
const GOODBYE: Duration = Duration::from_secs(1);

type Asked = Pin<Box<dyn Future<Output = Result<Bytes, Refusal>> + Send>>;

pub(super) struct Bridge {
    channel: Channel,
    session: Elsewhere,
    polling: Option<Asked>,
    posting: Option<Asked>,
    /// By when the frames at hand must have been written.
    write_by: Option<Pin<Box<Sleep>>>,
}

impl Bridge {
    pub(super) fn new(channel: Channel, session: Elsewhere) -> Self {
        Self { channel, session, polling: None, posting: None, write_by: None }
    }

    /// Ends with the WebSocket, with the session, or when everybody has to go. `place` counts it as a connection.
    pub(super) async fn run(mut self, place: Place) {
        let upgraded = timeout(self.session.settings.upgrade_timeout, self.upgrade()).await;
        if upgraded.ok().flatten().is_none() {
            // The session goes on by polling, as if nothing had been tried.
            return self.channel.part(Vec::new(), Reason::TransportClose);
        }
        self.channel.allow(self.session.settings.max_payload);
        let reason = tokio::select! {
            reason = poll_fn(|cx| self.poll(cx)) => reason,
            () = place.drained() => Reason::Shutdown,
        };
        let session = self.session;
        self.channel.part(Vec::new(), reason);
        // If it cannot be told, or is over, there is nothing to do: the missing pongs end it.
        let _ = timeout(GOODBYE, session.post(Bytes::from_static(CLOSE))).await;
    }

    /// The probe, and then whatever the client still has under way by polling, until it asks to go on here.
    async fn upgrade(&mut self) -> Option<()> {
        let Ok(Packet::Ping(true)) = poll_fn(|cx| self.channel.poll_read(cx)).await else { return None };
        self.channel.begin(vec![Frame::fixed(PROBED)]);
        poll_fn(|cx| self.channel.poll_write(cx)).await.ok()?;
        let mut rounds: Interval = interval(HOLD);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                packet = poll_fn(|cx| self.channel.poll_read(cx)) => {
                    return (packet == Ok(Packet::Upgrade)).then_some(());
                }
                _ = rounds.tick() => {
                    self.session.interrupt().await.ok()?;
                }
            }
        }
    }

    /// Carries on in both directions; ready with the end.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        loop {
            if let Poll::Ready(reason) = self.poll_write(cx) {
                return Poll::Ready(reason);
            }
            let down = match self.poll_down(cx) {
                Ok(moved) => moved,
                Err(reason) => return Poll::Ready(reason),
            };
            let up = match self.poll_up(cx) {
                Ok(moved) => moved,
                Err(reason) => return Poll::Ready(reason),
            };
            if !down && !up {
                return Poll::Pending;
            }
        }
    }

    /// Writes what there is; ready only with an error.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        if let Poll::Ready(written) = self.channel.poll_write(cx) {
            self.write_by = None;
            return written.map_or_else(Poll::Ready, |_| Poll::Pending);
        }
        let limit = self.session.settings.write_timeout;
        let write_by = self.write_by.get_or_insert_with(|| Box::pin(sleep(limit)));
        write_by.as_mut().poll(cx).map(|()| Reason::SlowConsumer)
    }

    /// From the session to the client, which must have taken what came before. Whether something has moved.
    fn poll_down(&mut self, cx: &mut Context<'_>) -> Result<bool, Reason> {
        if self.channel.is_writing() {
            return Ok(false);
        }
        let session = &self.session;
        let polling = self.polling.get_or_insert_with(|| {
            let session = session.clone();
            Box::pin(async move { session.poll().await })
        });
        let Poll::Ready(answer) = polling.as_mut().poll(cx) else { return Ok(false) };
        self.polling = None;
        // It is over there.
        let frames = answer.ok().and_then(|answer| decode_answer(&answer)).ok_or(Reason::Shutdown)?;
        if !frames.is_empty() {
            self.channel.begin(frames);
        }
        Ok(true)
    }

    /// From the client to the session, which must have taken what came before. Whether something has moved.
    fn poll_up(&mut self, cx: &mut Context<'_>) -> Result<bool, Reason> {
        if let Some(posting) = &mut self.posting {
            let Poll::Ready(posted) = posting.as_mut().poll(cx) else { return Ok(false) };
            self.posting = None;
            posted.map_err(|_| Reason::Shutdown)?;
        }
        let Poll::Ready(packet) = self.channel.poll_read(cx) else { return Ok(false) };
        let body = match packet? {
            Packet::Message(message) => encode_message(&message),
            Packet::Pong => Bytes::from_static(PONG),
            Packet::Noop => return Ok(true),
            Packet::Close => return Err(Reason::TransportClose),
            Packet::Open | Packet::Ping(_) | Packet::Upgrade => return Err(Reason::ProtocolError),
        };
        let session = self.session.clone();
        self.posting = Some(Box::pin(async move { session.post(body).await }));
        Ok(true)
    }
}

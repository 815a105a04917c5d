//! The other connectors of a deployment, as far as sessions of theirs get requests here.
//!
//! A request is a letter to the connector that has the session, which sends its answer by another letter. Letters may
//! be lost: then the request gets no answer in time, and the client begins a new session.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use broker::Courier;
use bytes::Bytes;
use event::ConnectorId;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use parking_lot::{Mutex, MutexGuard};
use server::telemetry::causes;
use socketio::{Asking, Relay, Server};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::socket::Desktops;

/// Requests that may wait for their answers, in each direction: clients that poll at the wrong connector, each with
/// a poll that waits and some with a POST.
const MOST: usize = 4096;

const REQUEST: u8 = b'?';
const ANSWER: u8 = b'!';
const NUMBER: usize = size_of::<u64>();

/// Asks the other connectors.
pub(crate) struct Neighbours(Arc<Inner>);

struct Inner {
    courier: Arc<dyn Courier>,
    own: ConnectorId,
    last: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
}

impl Neighbours {
    pub(crate) fn new(courier: Arc<dyn Courier>, own: ConnectorId) -> Self {
        Self(Arc::new(Inner { courier, own, last: AtomicU64::new(0), waiting: Mutex::default() }))
    }
}

impl Clone for Neighbours {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl Relay for Neighbours {
    fn ask(&self, node: &str, request: Bytes, within: Duration) -> Asking {
        let (inner, to) = (Arc::clone(&self.0), ConnectorId::with_number(node));
        Box::pin(async move { timeout(within, inner.ask(&to?, &request)).await.ok().flatten() })
    }
}

impl Inner {
    async fn ask(&self, to: &ConnectorId, request: &[u8]) -> Option<Bytes> {
        let (waiting, answer) = Waiting::begin(self)?;
        let letter = letter(REQUEST, waiting.number, &[self.own.number().as_bytes(), request].concat());
        match self.courier.send(to, &letter).await {
            Ok(true) => answer.await.ok(),
            Ok(false) => None,
            Err(error) => {
                tracing::warn!(error = %causes(&error), "another connector could not be asked about a session of its own");
                None
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Bytes>>> {
        self.waiting.lock()
    }
}

/// A request without its answer; forgotten when dropped.
struct Waiting<'a> {
    inner: &'a Inner,
    number: u64,
}

impl<'a> Waiting<'a> {
    /// Nothing if too many wait.
    fn begin(inner: &'a Inner) -> Option<(Self, oneshot::Receiver<Bytes>)> {
        let (sender, answer) = oneshot::channel();
        let number = inner.last.fetch_add(1, Ordering::Relaxed);
        let mut waiting = inner.waiting();
        if waiting.len() >= MOST {
            return None;
        }
        waiting.insert(number, sender);
        Some((Self { inner, number }, answer))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.inner.waiting().remove(&self.number);
    }
}

/// Reads the letters until `stop`: answers requests, and hands answers to those who wait for them.
pub(crate) async fn run(neighbours: Neighbours, sockets: Server<Desktops>, stop: CancellationToken) {
    let (inner, mut letters) = (&neighbours.0, neighbours.0.courier.letters());
    let mut answering = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(letter) = letters.recv() => match read(&letter) {
                Some((ANSWER, number, answer)) => {
                    if let Some(waiting) = inner.waiting().remove(&number) {
                        // It may have been given up.
                        let _ = waiting.send(answer);
                    }
                }
                Some((REQUEST, number, request)) if answering.len() < MOST => {
                    answering.push(answer(inner, &sockets, number, request));
                }
                _ => tracing::debug!("left out a letter of another connector"),
            },
            Some(()) = answering.next() => {}
        }
    }
}

async fn answer(inner: &Inner, sockets: &Server<Desktops>, number: u64, request: Bytes) {
    let own = inner.own.number().len();
    let from = request.get(..own).and_then(|from| ConnectorId::with_number(std::str::from_utf8(from).ok()?));
    let Some(from) = from else { return };
    let answer = sockets.answer(request.slice(own..)).await;
    if let Err(error) = inner.courier.send(&from, &letter(ANSWER, number, &answer)).await {
        tracing::warn!(error = %causes(&error), "another connector could not be answered");
    }
}

fn letter(kind: u8, number: u64, content: &[u8]) -> Vec<u8> {
    [&[kind][..], &number.to_be_bytes(), content].concat()
}

fn read(letter: &Bytes) -> Option<(u8, u64, Bytes)> {
    let number = letter.get(1..=NUMBER)?.try_into().ok()?;
    Some((*letter.first()?, u64::from_be_bytes(number), letter.slice(1 + NUMBER..)))
}

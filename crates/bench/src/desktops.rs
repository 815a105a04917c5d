//! Desktops that stay connected, and what they have received.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures_util::future::ready;
use futures_util::{StreamExt as _, stream};
use hdrhistogram::Histogram;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};
use testkit::http;
use testkit::socketio::{Client, Options};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use crate::event::{Mark, now};
use crate::order::Order;
use crate::plan::AT_ONCE;
use crate::report::progress;
use crate::units::histogram;

/// Tokens, each of another agent: enough that no cache for a single one can flatter the result.
const TOKENS: usize = 64;

/// Addresses of this machine that desktops connect from, as one has ports for only 28,000 of them.
const SOURCES: usize = 64;

/// Registers some agents with a connector that admits every agent.
pub(crate) async fn tokens(connector: SocketAddr) -> Vec<String> {
    let url = format!("http://{connector}/register");
    let register = async |agent: usize| {
        let user = json!({"gcp_agent_assist_user": format!("agent-{agent}")});
        let answer: Value = http().post(&url).json(&user).send().await.expect("an answer").json().await.expect("JSON");
        answer["token"].as_str().expect("a token").to_owned()
    };
    stream::iter(0..TOKENS).then(register).collect().await
}

/// Connects the desktop with this index, presents a token, and joins.
pub(crate) async fn connect(server: SocketAddr, tokens: &[String], index: usize, conversation: Option<&str>) -> Client {
    let source = u8::try_from(index % SOURCES).unwrap_or_default() + 1;
    let source = Some((Ipv4Addr::new(127, 0, 0, source), 0).into());
    let auth = json!({"token": tokens[index % tokens.len()]});
    let options = Options { source, ..Options::default() };
    let mut client = Client::connect_with(server, &auth, options).await.expect("it is let in");
    if let Some(conversation) = conversation {
        client.join(conversation).await;
    }
    client
}

/// What all desktops of a fleet have received.
pub(crate) struct Arrivals {
    /// Events that have arrived.
    pub(crate) arrived: u64,
    /// From when an event was due to be pushed to its arrival, µs.
    pub(crate) latencies: Histogram<u64>,
    pub(crate) cut_off: u64,
    pub(crate) orders: Vec<Order>,
}

/// Connected desktops. Dropping it disconnects them all.
pub(crate) struct Fleet {
    seen: Arc<Mutex<Arrivals>>,
    _watching: JoinSet<()>,
}

impl Fleet {
    /// Connects this many desktops; each joins the conversation that `conversation` gives for its index.
    pub(crate) async fn connect(
        server: SocketAddr,
        desktops: usize,
        conversation: impl Fn(usize) -> Option<String>,
    ) -> Self {
        let (tokens, conversation) = (&tokens(server).await, &conversation);
        let orders = std::iter::repeat_with(Order::default).take(desktops).collect();
        let seen = Arrivals { arrived: 0, latencies: histogram(), cut_off: 0, orders };
        let (seen, mut watching) = (Arc::new(Mutex::new(seen)), JoinSet::new());
        let connecting = stream::iter(0..desktops)
            .map(async |index| (index, connect(server, tokens, index, conversation(index).as_deref()).await));
        let connected = connecting.buffer_unordered(AT_ONCE).for_each(|(index, client)| {
            watching.spawn(watch(index, client, Arc::clone(&seen)));
            ready(())
        });
        connected.await;
        Self { seen, _watching: watching }
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Arrivals> {
        self.seen.lock()
    }
}

async fn watch(index: usize, mut client: Client, seen: Arc<Mutex<Arrivals>>) {
    let end = loop {
        let mark = match client.socket.receive().await {
            Ok(Message::Text(text)) => Mark::find(&text),
            Ok(_) => None,
            Err(end) => break end,
        };
        if let Some(mark) = mark {
            let mut seen = seen.lock();
            seen.arrived += 1;
            seen.latencies.saturating_record(now().saturating_sub(mark.due));
            seen.orders[index].arrived(mark.number);
        }
    };
    let mut seen = seen.lock();
    seen.cut_off += 1;
    if seen.cut_off == 1 {
        progress(&format!("desktop {index} was the first to lose its connection: {end}"));
    }
}

//! A network that can be lost: a TCP proxy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Clear,
    /// They are dropped, and the connections stay open.
    Lost,
    /// They are late by so much.
    Slow(Duration),
}

#[derive(Debug, Clone)]
struct State {
    weather: Weather,
    targets: Vec<SocketAddr>,
    /// Connections of former generations are closed.
    generation: u64,
}

/// Accepts connections and forwards each to the next target that listens.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    accepted: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub async fn start(targets: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let state = watch::Sender::new(State { weather: Weather::Clear, targets, generation: 0 });
        let accepted = Arc::default();
        let task = tokio::spawn(accept(listener, state.subscribe(), Arc::clone(&accepted)));
        Self { address, state, accepted, task }
    }

    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The URL of what is behind it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather. Connections that have lost bytes cannot be used any more; [`Self::cut`] them.
    pub fn set(&self, weather: Weather) {
        self.state.send_modify(|state| state.weather = weather);
    }

    pub fn cut(&self) {
        self.state.send_modify(|state| state.generation += 1);
    }

    /// Ends bad weather, and the connections that have suffered from it.
    pub fn clear_up(&self) {
        self.state.send_if_modified(|state| {
            let was_bad = state.weather != Weather::Clear;
            state.generation += u64::from(state.weather == Weather::Lost);
            state.weather = Weather::Clear;
            was_bad
        });
    }

    /// Forwards all further connections to another target, and closes the others.
    pub fn lead_to(&self, target: SocketAddr) {
        self.state.send_modify(|state| {
            state.targets = vec![target];
            state.generation += 1;
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, state: watch::Receiver<State>, accepted: Arc<AtomicUsize>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(serve(client, accepted.fetch_add(1, Ordering::SeqCst), state.clone()));
    }
}

async fn serve(client: TcpStream, number: usize, state: watch::Receiver<State>) {
    let (targets, generation) = {
        let now = state.borrow();
        (now.targets.clone(), now.generation)
    };
    let mut server = None;
    for target in targets.iter().cycle().skip(number % targets.len()).take(targets.len()) {
        if let Ok(stream) = TcpStream::connect(target).await {
            server = Some(stream);
            break;
        }
    }
    let Some(server) = server else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // The end of one direction ends the other one.
    tokio::select! {
        () = pump(from_client, to_server, state.clone(), generation) => {}
        () = pump(from_server, to_client, state, generation) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>, generation: u64) {
    let mut buffer = vec![0; 16 * 1024];
    let mut cut = state.clone();
    let is_cut = async {
        // The sender is never dropped before the proxy.
        let _ = cut.wait_for(|state| state.generation != generation).await;
    };
    let work = async {
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            let weather = state.borrow_and_update().weather;
            match weather {
                Weather::Lost => continue,
                Weather::Slow(by) => sleep(by).await,
                Weather::Clear => {}
            }
            if to.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = is_cut => {}
    }
}

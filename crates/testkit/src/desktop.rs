//! Agent desktops made of the client libraries that are in use.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::tools::in_clients;
use crate::wait::in_time;

/// Whose client a desktop is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientLibrary {
    /// socket.io-client 4.8.
    Js48,
    /// socket.io-client 4.0.
    Js40,
    /// socket.io-client 3.0.
    Js30,
    /// python-socketio.
    Python,
}

/// How a desktop connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transports {
    /// WebSocket alone.
    WebSocket,
    /// HTTP long-polling alone.
    Polling,
    /// First long-polling, then WebSocket.
    Upgrade,
}

impl Transports {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::WebSocket => &["websocket"],
            Self::Polling => &["polling"],
            Self::Upgrade => &["polling", "websocket"],
        }
    }
}

/// An agent desktop: a process of its own that is told what to do and tells what happens to it.
#[derive(Debug)]
pub struct Desktop {
    library: ClientLibrary,
    // Dropped first: the process ends with its input.
    commands: ChildStdin,
    happenings: Lines<BufReader<ChildStdout>>,
    _process: Child,
    /// The events that it has got since they were last taken.
    events: Vec<Value>,
}

impl Desktop {
    /// Starts the process.
    pub fn new(library: ClientLibrary) -> Self {
        let mut command = match library {
            ClientLibrary::Js48 => node("4.8"),
            ClientLibrary::Js40 => node("4.0"),
            ClientLibrary::Js30 => node("3.0"),
            ClientLibrary::Python => python(),
        };
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut process = child.expect("the desktop starts; install what it needs: make test-tools");
        let commands = process.stdin.take().expect("its input");
        let happenings = BufReader::new(process.stdout.take().expect("its output")).lines();
        Self { library, commands, happenings, _process: process, events: Vec::new() }
    }

    /// Connects, and completes the upgrade if there is one.
    pub async fn connect(&mut self, url: &str, transports: Transports, token: &str) {
        self.try_connect(url, transports, token).await;
        self.until("connect").await;
        if transports != Transports::Polling {
            self.until("websocket").await;
        }
    }

    /// Begins to connect.
    pub async fn try_connect(&mut self, url: &str, transports: Transports, token: &str) {
        let mut auth = json!({"token": token});
        if self.library == ClientLibrary::Python {
            auth["recovery"] = false.into();
        }
        self.connect_with(url, &json!({"transports": transports.names(), "auth": auth})).await;
    }

    /// Begins to connect, with options as `io(url, options)` takes them.
    pub async fn connect_with(&mut self, url: &str, options: &Value) {
        self.tell(&json!({"do": "connect", "url": url, "options": options})).await;
    }

    /// Joins a conversation; the answer is its canonical name.
    pub async fn join(&mut self, conversation: &str) -> String {
        accepted(&self.request("join-conversation", &json!([conversation])).await)
    }

    /// Leaves a conversation. What was sent before the answer has then been received.
    pub async fn leave(&mut self, conversation: &str) -> String {
        accepted(&self.request("leave-conversation", &json!([conversation])).await)
    }

    /// Sends an event and waits for its acknowledgement.
    pub async fn request(&mut self, name: &str, args: &Value) -> Value {
        self.tell(&json!({"do": "emit", "name": name, "args": args})).await;
        self.until("ack").await["args"].take()
    }

    /// Waits until `count` events have come that were not taken yet, and takes all there are.
    pub async fn events(&mut self, count: usize) -> Vec<Value> {
        while self.events.len() < count {
            let happening = self.happening().await;
            assert!(happening["is"] == "event", "{:?} waits for events and gets {happening}", self.library);
        }
        std::mem::take(&mut self.events)
    }

    /// Takes `count` events, and makes sure that no others have come by leaving the conversation.
    pub async fn last_events(&mut self, count: usize, conversation: &str) -> Vec<Value> {
        let mut events = self.events(count).await;
        self.leave(conversation).await;
        events.append(&mut self.events);
        events
    }

    /// Waits for a happening other than an event.
    pub async fn until(&mut self, is: &str) -> Value {
        loop {
            let happening = self.happening().await;
            if happening["is"] == is {
                return happening;
            }
            assert!(happening["is"] == "event", "{:?} waits for {is} and gets {happening}", self.library);
        }
    }

    async fn happening(&mut self) -> Value {
        let what = format!("something happens to {:?}, which has got {} events", self.library, self.events.len());
        let line = in_time(&what, self.happenings.next_line()).await.expect("its output");
        let line = line.unwrap_or_else(|| panic!("{:?} has ended", self.library));
        let happening: Value = serde_json::from_str(&line).expect("JSON");
        if happening["is"] == "event" {
            self.events.push(happening.clone());
        }
        happening
    }

    async fn tell(&mut self, command: &Value) {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("the desktop listens");
    }
}

fn accepted(answer: &Value) -> String {
    assert_eq!(answer[0], true, "{answer}");
    answer[1].as_str().expect("a conversation name").to_owned()
}

fn node(version: &str) -> Command {
    let mut command = Command::new("node");
    // Without the modules node itself would fail, and tell nobody what to do.
    in_clients("node_modules");
    command.arg(in_clients("desktop.mjs")).arg(version);
    command
}

fn python() -> Command {
    let mut command = Command::new(in_clients(".venv/bin/python"));
    command.arg(in_clients("desktop.py"));
    command
}

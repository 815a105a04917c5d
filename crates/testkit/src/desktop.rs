//! Agent desktops made of the client libraries that are in use.

use std::process::Command;

use serde_json::{Value, json};

use crate::driver::Driver;
use crate::tools::in_clients;
use crate::wait::in_time;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientLibrary {
    Js48,
    Js40,
    Js30,
    Python,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transports {
    WebSocket,
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

/// An agent desktop: a program that carries out commands, and writes what happens to it.
#[derive(Debug)]
pub struct Desktop {
    library: ClientLibrary,
    driver: Driver,
    /// The events that it has got since they were last taken.
    events: Vec<Value>,
}

impl Desktop {
    pub fn new(library: ClientLibrary) -> Self {
        let mut command = match library {
            ClientLibrary::Js48 => node("4.8"),
            ClientLibrary::Js40 => node("4.0"),
            ClientLibrary::Js30 => node("3.0"),
            ClientLibrary::Python => python(),
        };
        Self { library, driver: Driver::start(&mut command), events: Vec::new() }
    }

    /// Connects, and completes the upgrade if there is one.
    pub async fn connect(&mut self, url: &str, transports: Transports, token: &str) {
        self.try_connect(url, transports, token).await;
        self.until("connect").await;
        if transports != Transports::Polling {
            self.until("websocket").await;
        }
    }

    pub async fn try_connect(&mut self, url: &str, transports: Transports, token: &str) {
        let auth = json!({"token": token});
        self.connect_with(url, &json!({"transports": transports.names(), "auth": auth})).await;
    }

    /// Begins to connect, with options as `io(url, options)` takes them.
    pub async fn connect_with(&mut self, url: &str, options: &Value) {
        self.driver.send(&json!({"do": "connect", "url": url, "options": options})).await;
    }

    /// Joins a conversation; returns its canonical name.
    pub async fn join(&mut self, conversation: &str) -> String {
        accepted(&self.request("join-conversation", &json!([conversation])).await)
    }

    /// Leaves a conversation. What was sent before the answer has then been received.
    pub async fn leave(&mut self, conversation: &str) -> String {
        accepted(&self.request("leave-conversation", &json!([conversation])).await)
    }

    /// Sends an event and waits for its acknowledgement.
    pub async fn request(&mut self, name: &str, args: &Value) -> Value {
        self.driver.send(&json!({"do": "emit", "name": name, "args": args})).await;
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
        let happening = in_time(&what, self.driver.receive()).await;
        let happening = happening.unwrap_or_else(|| panic!("{:?} has ended", self.library));
        if happening["is"] == "event" {
            self.events.push(happening.clone());
        }
        happening
    }
}

fn accepted(answer: &Value) -> String {
    assert_eq!(answer[0], true, "{answer}");
    answer[1].as_str().expect("a conversation name").to_owned()
}

fn node(version: &str) -> Command {
    let mut command = Command::new("node");
    // Without the modules, the error of Node.js would not say what to install.
    in_clients("node_modules");
    command.arg(in_clients("desktop.mjs")).arg(version);
    command
}

fn python() -> Command {
    let mut command = Command::new(in_clients(".venv/bin/python"));
    command.arg(in_clients("desktop.py"));
    command
}

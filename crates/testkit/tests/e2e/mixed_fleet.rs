//! Our services beside Google's Python ones, on one Redis, as during a migration.

use std::process::{Child, Command, Stdio};
use testkit::redis::Redis;
use testkit::{
    ClientLibrary, Deployment, Desktop, Push, Transports, assert_payloads, conversation, eventually, free_port, http,
    repository, status, until,
};

const EACH: usize = 5;

/// One of the Python services; killed when dropped.
struct Python {
    process: Child,
    port: u16,
}

impl Python {
    async fn start(role: &str, redis: &Redis) -> Self {
        let port = free_port();
        let script = repository("crates/testkit/tests/stand_ins/python_services.py");
        let process = Command::new(repository("crates/testkit/clients/.venv/bin/python"))
            .arg(script)
            .args([role.to_owned(), port.to_string(), redis.port().to_string()])
            .stdin(Stdio::null())
            .spawn()
            .expect("Python");
        let service = Self { process, port };
        eventually("the Python service answers", async || {
            let answer = http().get(service.url("/status")).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        service
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It fails if the process has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Both fleets.
struct Fleets {
    /// A conversation that no other fleets have had.
    talk: String,
    ours: Deployment,
    connector: Python,
    interceptor: Python,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Whose {
    Ours,
    Python,
}

impl Fleets {
    async fn start(number: usize) -> Self {
        let talk = conversation(&format!("mixed-{number}"));
        let ours = Deployment::start(1).await;
        let connector = Python::start("connector", &ours.redis).await;
        let interceptor = Python::start("interceptor", &ours.redis).await;
        Self { talk, ours, connector, interceptor }
    }

    async fn desktop(&self, whose: Whose) -> Desktop {
        let url = match whose {
            Whose::Ours => self.ours.connectors[0].url(""),
            Whose::Python => self.connector.url("/"),
        };
        let mut desktop = Desktop::new(ClientLibrary::Js48);
        desktop.connect(&url, Transports::WebSocket, &self.ours.token().await).await;
        desktop.join(&self.talk).await;
        desktop
    }

    /// Pushes the events of a round to an interceptor; the desktop gets them once and in order.
    async fn delivers(&self, round: usize, interceptor: Whose, desktop: &mut Desktop) {
        let numbers = round * EACH..(round + 1) * EACH;
        let pushes: Vec<_> = numbers.map(|number| Push::message(&self.talk, number)).collect();
        for push in &pushes {
            if interceptor == Whose::Ours {
                self.ours.push(push).await;
            } else {
                assert_eq!(status(http().post(self.interceptor.url(&push.path())).json(&push.body())).await, 204);
            }
        }
        assert_payloads(&desktop.events(EACH).await, &self.talk, &pushes);
    }
}

#[tokio::test]
async fn every_combination_of_services_delivers_once_and_in_order() {
    let both = [Whose::Ours, Whose::Python];
    let all = both.iter().flat_map(|connector| both.iter().map(move |interceptor| (*connector, *interceptor)));
    for (number, (connector, interceptor)) in all.enumerate() {
        let fleets = Fleets::start(number).await;
        let mut desktop = fleets.desktop(connector).await;
        fleets.delivers(0, interceptor, &mut desktop).await;
        assert!(fleets.ours.mapping(&fleets.talk).await.is_some(), "{connector:?} {interceptor:?}");
    }
}

/// Replaced and put back, twice.
const ROUNDS: [Whose; 4] = [Whose::Python, Whose::Ours, Whose::Python, Whose::Ours];

#[tokio::test]
async fn interceptors_are_replaced_and_put_back_under_traffic() {
    for (number, connector) in [Whose::Ours, Whose::Python].into_iter().enumerate() {
        let fleets = Fleets::start(number).await;
        let mut desktop = fleets.desktop(connector).await;
        for (round, interceptor) in ROUNDS.into_iter().enumerate() {
            fleets.delivers(round, interceptor, &mut desktop).await;
        }
    }
}

#[tokio::test]
async fn connectors_are_replaced_and_put_back_while_events_come() {
    for (number, interceptor) in [Whose::Python, Whose::Ours].into_iter().enumerate() {
        let fleets = Fleets::start(number).await;
        for (round, connector) in ROUNDS.into_iter().enumerate() {
            let mut desktop = fleets.desktop(connector).await;
            fleets.delivers(round, interceptor, &mut desktop).await;
            drop(desktop);
            until("the conversation is given back", async || fleets.ours.mapping(&fleets.talk).await.is_none()).await;
        }
    }
}

#[tokio::test]
async fn the_mapping_key_appears_with_the_first_join() {
    for (number, connector) in [Whose::Ours, Whose::Python].into_iter().enumerate() {
        let fleets = Fleets::start(number).await;
        assert_eq!(fleets.ours.mapping(&fleets.talk).await, None);
        let desktop = fleets.desktop(connector).await;
        assert!(fleets.ours.mapping(&fleets.talk).await.is_some_and(|id| !id.is_empty()));
        drop(desktop);
        until("the key goes with the last desktop", async || fleets.ours.mapping(&fleets.talk).await.is_none()).await;
    }
}

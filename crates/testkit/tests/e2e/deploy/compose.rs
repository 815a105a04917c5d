//! The local stack: what `compose.yaml` starts, started without containers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::read;
use crate::variables::read_by;
use testkit::redis::RedisServer;
use testkit::{ClientLibrary, Desktop, Process, SECRET, Transports, registered, repository, temporary_file};

#[derive(Deserialize)]
struct ComposeFile {
    services: BTreeMap<String, ComposeService>,
}

#[derive(Deserialize)]
struct ComposeService {
    build: Option<ImageBuild>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<String>,
    #[serde(default)]
    read_only: bool,
}

#[derive(Deserialize)]
struct ImageBuild {
    context: String,
    dockerfile: String,
}

fn stack() -> ComposeFile {
    let mut yaml: serde_yaml_ng::Value = serde_yaml_ng::from_str(&read("deploy/compose/compose.yaml")).expect("YAML");
    yaml.apply_merge().expect("members to merge into");
    serde_yaml_ng::from_value(yaml).expect("a stack")
}

impl ComposeService {
    /// Its process, with some of its variables as they are without containers.
    async fn start(&self, program: &str, instead: &[(&str, &str)]) -> Process {
        let mut environment: BTreeMap<_, _> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for (name, value) in instead {
            environment.insert(name, value);
        }
        // The port is whatever is free.
        environment.remove("PORT");
        Process::start(program, &environment.into_iter().collect::<Vec<_>>()).await
    }
}

#[tokio::test]
async fn a_desktop_sees_the_conversation_that_the_player_plays() {
    let ComposeFile { services } = stack();
    let redis = RedisServer::start().await;
    let port = redis.port().to_string();
    let (_folder, secret) = temporary_file("jwt_secret_key", SECRET);
    let at_redis = [("REDISHOST", "127.0.0.1"), ("REDISPORT", &port)];
    let with_secret = [at_redis.as_slice(), &[("JWT_SECRET_KEY_PATH", &secret)]].concat();
    let connector = services["connector"].start("ui-connector", &with_secret).await;
    let interceptor = services["interceptor"].start("cloud-pubsub-interceptor", &at_redis).await;
    connector.answers("/ready", 200).await;
    interceptor.answers("/status", 200).await;
    let token = registered(&connector).await;
    let mut desktop = Desktop::new(ClientLibrary::Js48);
    desktop.connect(&connector.url(""), Transports::WebSocket, &token).await;
    desktop.join("projects/demo-project/conversations/demo-conversation").await;
    let player = services["player"].start("player", &[("INTERCEPTOR_URL", &interceptor.url(""))]).await;
    player.answers("/live", 200).await;
    let events = desktop.events(3).await;
    assert_eq!(events.len(), 3);
}

#[test]
fn the_stack_sets_variables_that_its_services_read() {
    for (name, service) in stack().services {
        let Some(build) = service.build else { continue };
        let context = repository("deploy/compose").join(build.context);
        assert!(context.join(&build.dockerfile).is_file(), "{}", build.dockerfile);
        let known = read_by(&name);
        let unknown: Vec<_> = service.environment.keys().filter(|it| !known.contains(*it) && *it != "PORT").collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
        assert!(service.read_only, "{name}");
        assert!(service.ports.iter().all(|port| port.starts_with("127.0.0.1:")), "{name} can be reached from outside");
    }
}

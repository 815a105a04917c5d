//! Both services as an operator runs them.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use serde_json::Value;
use tempfile::TempDir;

use crate::desktop::{ClientLibrary, Desktop, Transports};
use crate::http::{http, response, status};
use crate::names::project;
use crate::process::{Launch, Process};
use crate::push::{Push, assert_payloads};
use crate::redis::{Redis, shared};
use crate::tools::temporary_file;
use crate::wait::eventually;

/// The key that signs tokens.
pub const SECRET: &str = "only for tests: 7f1c0e5b9a";

/// How long a process may take to end; Cloud Run kills after 10 s
/// (<https://cloud.google.com/run/docs/container-contract#instance-shutdown>).
const SHUTDOWN: Duration = Duration::from_secs(8);

/// Processes of both services for [`project`].
#[derive(Debug)]
pub struct Deployment {
    pub interceptor: Process,
    pub connectors: Vec<Process>,
    /// What is between them. A test that breaks it has started a server of its own.
    pub redis: Redis,
    environment: Vec<(String, String)>,
    _folder: TempDir,
}

impl Deployment {
    /// Starts an interceptor and some connectors on the Redis of all tests; all are ready.
    pub async fn start(connectors: usize) -> Self {
        Self::start_with(connectors, &[]).await
    }

    pub async fn start_with(connectors: usize, settings: &[(&str, &str)]) -> Self {
        Self::start_on(&shared().await, connectors, settings).await
    }

    /// Starts on a Redis of the test's own.
    pub async fn start_on(redis: &Redis, connectors: usize, settings: &[(&str, &str)]) -> Self {
        let deployment = Self::around(redis, connectors, settings).await;
        deployment.is_ready().await;
        deployment
    }

    /// Starts everything around a Redis that need not run.
    pub async fn around(redis: &Redis, connectors: usize, settings: &[(&str, &str)]) -> Self {
        let (folder, path) = temporary_file("jwt_secret_key", SECRET);
        let (project, url) = (project(), redis.url());
        let common = [
            ("GCP_PROJECT_ID", project.as_str()),
            ("AUTH_OPTION", "Skip"),
            ("JWT_SECRET_KEY_PATH", &path),
            ("REDIS_URL", &url),
        ];
        let environment = [common.as_slice(), settings].concat();
        let starting = (0..connectors).map(|_| Process::start("ui-connector", &environment));
        // The interceptor does not mind the connector's settings.
        let interceptor = Process::start("cloud-pubsub-interceptor", &environment);
        let (interceptor, connectors) = join(interceptor, join_all(starting)).await;
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { interceptor, connectors, redis: redis.clone(), environment, _folder: folder }
    }

    pub async fn is_ready(&self) {
        let connectors = join_all(self.connectors.iter().map(|connector| connector.answers("/ready", 200)));
        join(connectors, self.interceptor.answers("/status", 200)).await;
    }

    /// How another process of this deployment is started, with further settings.
    pub fn another(&self, program: &str, settings: &[(&str, &str)]) -> Launch {
        let own = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Launch::new(program, &own.chain(settings.iter().copied()).collect::<Vec<_>>())
    }

    /// Sends SIGTERM to a connector, which ends with success in time.
    pub async fn stops_in_time(&mut self, connector: usize) {
        let connector = &mut self.connectors[connector];
        let asked = Instant::now();
        connector.terminate();
        assert_eq!(connector.end().await.code(), Some(0));
        assert!(asked.elapsed() < SHUTDOWN, "it took {:?}", asked.elapsed());
    }

    /// A token, as a desktop gets it.
    pub async fn token(&self) -> String {
        registered(&self.connectors[0]).await
    }

    /// A desktop of the newest client library, joined to a conversation on one of the connectors.
    pub async fn desktop(&self, connector: usize, conversation: &str) -> Desktop {
        let mut desktop = Desktop::new(ClientLibrary::Js48);
        let url = self.connectors[connector].url("");
        desktop.connect(&url, Transports::WebSocket, &self.token().await).await;
        desktop.join(conversation).await;
        desktop
    }

    /// Pushes an event until it is acknowledged: like Pub/Sub, again after a 503.
    pub async fn push(&self, push: &Push) {
        let what = format!("{} {} is acknowledged", push.kind, push.id);
        let answered = eventually(&what, async || Some(self.try_push(push).await).filter(|status| *status != 503));
        assert_eq!(answered.await, 204, "{what}");
    }

    /// Pushes an event; returns the status of the response.
    pub async fn try_push(&self, push: &Push) -> u16 {
        status(http().post(self.interceptor.url(&push.path())).json(&push.body())).await
    }

    /// Pushes events, and checks that a desktop that has joined their conversation gets them once and in order, and no
    /// others.
    pub async fn delivers(&self, desktop: &mut Desktop, conversation: &str, pushes: &[Push]) {
        for push in pushes {
            self.push(push).await;
        }
        assert_payloads(&desktop.last_events(pushes.len(), conversation).await, conversation, pushes);
    }

    /// The id of the connector that serves a conversation, if one does.
    pub async fn mapping(&self, conversation: &str) -> Option<String> {
        self.redis.cli(&["GET", conversation]).await
    }
}

/// Returns a token of a connector that admits every agent.
pub async fn registered(connector: &Process) -> String {
    let (_, text) = response(http().post(connector.url("/register"))).await;
    let registered: Value = serde_json::from_str(&text).expect("JSON");
    registered["token"].as_str().expect("a token").to_owned()
}

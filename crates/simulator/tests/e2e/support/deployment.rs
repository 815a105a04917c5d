use std::time::{Duration, Instant};

use broker::testing::RedisServer;
use futures_util::future::{join, join_all};
use serde_json::Value;
use tempfile::TempDir;

use super::desktop::{ClientLibrary, Desktop, Transports};
use super::process::{Process, http};
use super::push::Push;
use super::wait::eventually;

/// The project that every deployment serves.
pub(crate) const PROJECT: &str = "acme-support";

/// The key that signs tokens.
pub(crate) const SECRET: &str = "only for tests: 7f1c0e5b9a";

/// How long a process may take to end; Cloud Run kills after 10 s
/// (<https://cloud.google.com/run/docs/container-contract#instance-shutdown>).
const SHUTDOWN: Duration = Duration::from_secs(8);

/// Both services as an operator runs them, on a Redis of their own.
pub(crate) struct Deployment {
    // Dropped in this order: a process that loses its Redis would only complain.
    pub(crate) interceptor: Process,
    pub(crate) connectors: Vec<Process>,
    pub(crate) redis: RedisServer,
    environment: Vec<(String, String)>,
    _folder: TempDir,
}

impl Deployment {
    /// Starts an interceptor and some connectors; all are ready.
    pub(crate) async fn start(connectors: usize) -> Self {
        Self::start_with(connectors, &[]).await
    }

    /// Starts with further settings for all processes.
    pub(crate) async fn start_with(connectors: usize, settings: &[(&str, &str)]) -> Self {
        let deployment = Self::around(RedisServer::start().await, connectors, settings).await;
        deployment.is_ready().await;
        deployment
    }

    /// Starts everything around a Redis that need not run.
    pub(crate) async fn around(redis: RedisServer, connectors: usize, settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary directory");
        let path = folder.path().join("jwt_secret_key");
        std::fs::write(&path, SECRET).expect("a file with the secret");
        let common = [
            ("GCP_PROJECT_ID", PROJECT),
            ("AUTH_OPTION", "Skip"),
            ("JWT_SECRET_KEY_PATH", &path.display().to_string()),
            ("REDIS_URL", &redis.url()),
        ];
        let environment = [common.as_slice(), settings].concat();
        let starting = (0..connectors).map(|_| Process::start("ui-connector", &environment));
        // The interceptor does not mind the connector's settings.
        let interceptor = Process::start("cloud-pubsub-interceptor", &environment);
        let (interceptor, connectors) = join(interceptor, join_all(starting)).await;
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { interceptor, connectors, redis, environment, _folder: folder }
    }

    /// Waits until all processes are ready.
    pub(crate) async fn is_ready(&self) {
        let connectors = join_all(self.connectors.iter().map(|connector| connector.answers("/ready", 200)));
        join(connectors, self.interceptor.answers("/status", 200)).await;
    }

    /// The environment that the processes were started with.
    pub(crate) fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Sends SIGTERM to a connector, which ends with success in time.
    pub(crate) async fn stops_in_time(&mut self, connector: usize) {
        let connector = &mut self.connectors[connector];
        let asked = Instant::now();
        connector.terminate();
        assert_eq!(connector.end().await.code(), Some(0));
        assert!(asked.elapsed() < SHUTDOWN, "it took {:?}", asked.elapsed());
    }

    /// A token, as a desktop gets it.
    pub(crate) async fn token(&self) -> String {
        let answer = http().post(self.connectors[0].url("/register")).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// A desktop of the newest client library, joined to a conversation on one of the connectors.
    pub(crate) async fn desktop(&self, connector: usize, conversation: &str) -> Desktop {
        let mut desktop = Desktop::new(ClientLibrary::Js48);
        let url = self.connectors[connector].url("");
        desktop.connect(&url, Transports::WebSocket, &self.token().await).await;
        desktop.join(conversation).await;
        desktop
    }

    /// Pushes an event until it is acknowledged: like Pub/Sub, again if the answer is that Redis is too slow.
    pub(crate) async fn push(&self, push: &Push) {
        let what = format!("{} {} is acknowledged", push.kind, push.id);
        let status = eventually(&what, async || Some(self.try_push(push).await).filter(|status| *status != 503));
        assert_eq!(status.await, 204, "{what}");
    }

    /// Pushes an event; the answer is the status.
    pub(crate) async fn try_push(&self, push: &Push) -> u16 {
        let request = http().post(self.interceptor.url(&push.path())).json(&push.body());
        request.send().await.expect("an answer").status().as_u16()
    }

    /// The id of the connector that serves a conversation, if one does.
    pub(crate) async fn mapping(&self, conversation: &str) -> Option<String> {
        self.redis.cli(&["GET", conversation]).await
    }
}

use broker::testing::RedisServer;
use futures_util::future::{join, join_all};
use serde_json::Value;
use tempfile::TempDir;

use super::desktop::{ClientLibrary, Desktop, Transports};
use super::process::{Process, http};
use super::push::Push;

/// The project that every deployment serves.
pub(crate) const PROJECT: &str = "acme-support";

const SECRET: &str = "only for tests: 7f1c0e5b9a";

/// Both services as an operator runs them, on a Redis of their own.
pub(crate) struct Deployment {
    pub(crate) redis: RedisServer,
    pub(crate) interceptor: Process,
    pub(crate) connectors: Vec<Process>,
    secret: TempDir,
}

impl Deployment {
    /// Starts an interceptor and some connectors; all are ready.
    pub(crate) async fn start(connectors: usize) -> Self {
        Self::start_with(connectors, &[]).await
    }

    /// Starts with further settings for all processes.
    pub(crate) async fn start_with(connectors: usize, settings: &[(&str, &str)]) -> Self {
        let redis = RedisServer::start().await;
        let secret = secret();
        let (path, url) = (secret_path(&secret), redis.url());
        let env = [&environment(&path, &url), settings].concat();
        let starting = (0..connectors).map(|_| Process::start("ui-connector", &env));
        let (interceptor, connectors) =
            join(Process::start("cloud-pubsub-interceptor", &env), join_all(starting)).await;
        let deployment = Self { redis, interceptor, connectors, secret };
        deployment.is_ready().await;
        deployment
    }

    async fn is_ready(&self) {
        let connectors = join_all(self.connectors.iter().map(|connector| connector.answers("/ready", 200)));
        join(connectors, self.interceptor.answers("/status", 200)).await;
    }

    /// Starts one more connector.
    pub(crate) async fn add_connector(&mut self) {
        let url = self.redis.url();
        let connector = Process::start("ui-connector", &environment(&secret_path(&self.secret), &url)).await;
        connector.answers("/ready", 200).await;
        self.connectors.push(connector);
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

    /// Pushes an event and expects it to be acknowledged.
    pub(crate) async fn push(&self, push: &Push) {
        assert_eq!(self.try_push(push).await, 204, "{push:?}");
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

/// A connector's environment; an interceptor does not mind it.
pub(crate) fn environment<'a>(secret: &'a str, redis: &'a str) -> [(&'static str, &'a str); 4] {
    [("GCP_PROJECT_ID", PROJECT), ("AUTH_OPTION", "Skip"), ("JWT_SECRET_KEY_PATH", secret), ("REDIS_URL", redis)]
}

fn secret() -> TempDir {
    let folder = TempDir::new().expect("a temporary directory");
    std::fs::write(folder.path().join("jwt_secret_key"), SECRET).expect("a file with the secret");
    folder
}

fn secret_path(folder: &TempDir) -> String {
    folder.path().join("jwt_secret_key").display().to_string()
}

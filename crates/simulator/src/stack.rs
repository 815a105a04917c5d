//! Both services in one process, on the broker in memory: the embedded default.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use broker::{MemoryBroker, Retention};
use connector::auth::providers::Skip;
use connector::auth::settings::AuthSettings;
use connector::auth::token::{SecretError, TokenKeys};
use connector::google::credentials::{FixedToken, TokenError};
use connector::{Backends, Settings};
use event::ConnectorId;
use service::tasks::TaskSet;
use service::telemetry::causes;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long the services may take to end: the connector's own drain, and a little.
const PATIENCE: Duration = Duration::from_secs(8);

/// Two running services.
pub struct Stack {
    /// Where desktops connect.
    pub connector: SocketAddr,
    /// Where Pub/Sub pushes to.
    pub interceptor: SocketAddr,
    stop: CancellationToken,
    tasks: TaskSet,
}

/// Why a stack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A port is taken.
    #[error("could not listen")]
    Listen(#[from] io::Error),
    /// The token for Google is unusable.
    #[error("unusable token")]
    Token(#[from] TokenError),
    /// The tokens' secret is unusable.
    #[error("unusable secret")]
    Secret(#[from] SecretError),
}

impl Stack {
    /// Starts both services for `project`, with tokens for everybody, signed with a fresh secret.
    ///
    /// # Errors
    /// [`StackError`] if a listener has no address.
    pub fn start(project: &str, connector: TcpListener, interceptor: TcpListener) -> Result<Self, StackError> {
        let (stop, tasks, broker) =
            (CancellationToken::new(), TaskSet::default(), MemoryBroker::new(Retention::default()));
        let stack = Self { connector: connector.local_addr()?, interceptor: interceptor.local_addr()?, stop, tasks };
        let secret = format!("{:032x}", rand::random::<u128>());
        let tokens = TokenKeys::new(secret.as_bytes(), project, Duration::from_hours(1))?;
        let settings = Settings::new(project, AuthSettings::new(Skip), tokens);
        let backends = Backends {
            bus: Arc::new(broker.bus()),
            keys: Arc::new(broker.clone()),
            connector: ConnectorId::generate(),
            google: Arc::new(FixedToken::new("nobody checks this one")?),
        };
        let stop = stack.stop.clone();
        let running = connector::run(settings, backends, connector, stop.clone());
        stack.tasks.spawn("ui-connector", async {
            if let Err(error) = running.await {
                tracing::error!(error = %causes(&error), "the connector could not be set up");
            }
        });
        let log = Arc::new(broker);
        stack.tasks.spawn(
            "cloud-pubsub-interceptor",
            interceptor::run(interceptor::Settings::default(), log, interceptor, stop),
        );
        Ok(stack)
    }

    /// Drains both services.
    pub async fn shut_down(self) {
        self.stop.cancel();
        self.tasks.shut_down(PATIENCE).await;
    }
}

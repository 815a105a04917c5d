//! Both services in one process, on the broker in memory, and a Dialogflow that is played.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use broker::{MemoryBroker, Retention};
use connector::auth::settings::AuthSettings;
use connector::auth::token::{SecretError, TokenKeys};
use connector::google::credentials::{FixedToken, TokenError};
use connector::{Backends, Settings};
use event::ConnectorId;
use server::http::{HttpLimits, serve};
use server::tasks::TaskSet;
use server::telemetry::causes;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::dialogflow::Dialogflow;
use crate::publisher::{Outbox, Publisher};
use crate::pubsub::PushSubscription;

/// How long the services may take to end: the connector's own drain, and a little.
const PATIENCE: Duration = Duration::from_secs(8);

/// Two running services, and a Dialogflow for them.
pub struct Stack {
    /// Where desktops connect.
    pub connector: SocketAddr,
    /// Where Pub/Sub pushes to.
    pub interceptor: SocketAddr,
    /// What the connector's proxy calls.
    pub dialogflow: Arc<Dialogflow>,
    stop: CancellationToken,
    tasks: TaskSet,
}

/// Why a stack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A port is taken.
    #[error("could not listen")]
    Listen(#[from] io::Error),
    /// Something that speaks HTTP could not be set up.
    #[error("no HTTP")]
    Http(#[from] reqwest::Error),
    /// The token for Google is unusable.
    #[error("unusable token")]
    Token(#[from] TokenError),
    /// The tokens' secret is unusable.
    #[error("unusable secret")]
    Secret(#[from] SecretError),
}

impl Stack {
    /// Starts both services for `project`, with tokens for those whom `auth` admits, signed with a fresh secret.
    ///
    /// # Errors
    /// [`StackError`] if a listener has no address.
    pub async fn start(
        project: &str,
        auth: AuthSettings,
        connector: TcpListener,
        interceptor: TcpListener,
    ) -> Result<Self, StackError> {
        let (stop, tasks, broker) =
            (CancellationToken::new(), TaskSet::default(), MemoryBroker::new(Retention::default()));
        let played = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", played.local_addr()?);
        let dialogflow = play_dialogflow(played, interceptor.local_addr()?, &tasks)?;
        let (at, pushes) = (connector.local_addr()?, interceptor.local_addr()?);
        let stack = Self { connector: at, interceptor: pushes, dialogflow, stop, tasks };
        let secret = format!("{:032x}", rand::random::<u128>());
        let tokens = TokenKeys::new(secret.as_bytes(), project, Duration::from_hours(1))?;
        let mut settings = Settings::new(project, auth, tokens);
        settings.dialogflow.endpoint = endpoint.parse().ok();
        let number = ConnectorId::generate();
        let bus = Arc::new(broker.bus(number.clone()));
        let backends = Backends {
            bus: bus.clone(),
            courier: bus,
            keys: Arc::new(broker.clone()),
            connector: number,
            google: Arc::new(FixedToken::new("nobody checks this one")?),
        };
        let stop = stack.stop.clone();
        let running = connector::run(settings, backends, connector, stop.clone());
        stack.tasks.spawn("ui-connector", async {
            if let Err(error) = running.await {
                tracing::error!(error = %causes(&error), "failed to set up the connector");
            }
        });
        let running = interceptor::run(interceptor::Settings::default(), Arc::new(broker), interceptor, stop);
        stack.tasks.spawn("cloud-pubsub-interceptor", async {
            if let Err(error) = running.await {
                tracing::error!(error = %causes(&error), "failed to set up the interceptor");
            }
        });
        Ok(stack)
    }

    /// Drains both services.
    pub async fn shut_down(self) {
        self.stop.cancel();
        self.tasks.shut_down(PATIENCE).await;
    }
}

/// A Dialogflow that publishes to the interceptor.
fn play_dialogflow(
    listener: TcpListener,
    interceptor: SocketAddr,
    tasks: &TaskSet,
) -> Result<Arc<Dialogflow>, StackError> {
    let subscription = PushSubscription::new(format!("http://{interceptor}"))?;
    let (outbox, deliver) = Outbox::new(Publisher::Push(subscription));
    let dialogflow = Arc::new(Dialogflow::new(outbox));
    tasks.spawn("pubsub", until(deliver, tasks.stop_signal()));
    let stop = tasks.stop_signal();
    tasks.spawn("dialogflow", serve(listener, dialogflow.clone().router(), HttpLimits::default(), stop));
    Ok(dialogflow)
}

async fn until(work: impl Future<Output = ()>, stop: CancellationToken) {
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

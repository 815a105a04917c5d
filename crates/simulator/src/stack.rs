//! Both services in one process, on the broker in memory, and a simulated Dialogflow.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use broker::{MemoryBroker, Retention};
use connector::auth::settings::AuthSettings;
use connector::auth::token::TokenKeys;
use connector::google::credentials::FixedToken;
use connector::{Backends, Settings};
use event::ConnectorId;
use server::http::{HttpLimits, serve};
use server::process::StartError;
use server::tasks::TaskSet;
use server::telemetry::causes;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::dialogflow::Dialogflow;
use crate::pubsub::{Outbox, PushSubscription};

/// How long the services may take to end: the connector's own drain, and a little.
const PATIENCE: Duration = Duration::from_secs(8);

/// Two running services, and a Dialogflow for them.
pub struct Stack {
    pub interceptor: SocketAddr,
    /// What the connector's proxy calls.
    pub dialogflow: Arc<Dialogflow>,
    stop: CancellationToken,
    tasks: TaskSet,
}

impl Stack {
    /// Starts both services for `project`. Agents that `auth` admits get tokens that are signed with a fresh secret.
    ///
    /// # Errors
    /// A port is taken, or an HTTP client cannot be set up.
    pub async fn start(
        project: &str,
        auth: AuthSettings,
        connector: TcpListener,
        interceptor: TcpListener,
    ) -> Result<Self, StartError> {
        let (stop, tasks, broker) =
            (CancellationToken::new(), TaskSet::default(), MemoryBroker::new(Retention::default()));
        let pushes = interceptor.local_addr().map_err(StartError::setup)?;
        let (dialogflow, endpoint) = start_dialogflow(pushes, &tasks).await?;
        let secret = format!("{:032x}", rand::random::<u128>());
        let tokens = TokenKeys::new(secret.as_bytes(), project, Duration::from_hours(1)).map_err(StartError::setup)?;
        let mut settings = Settings::new(project, auth, tokens);
        settings.dialogflow.endpoint = endpoint.parse().ok();
        let number = ConnectorId::generate();
        let subscriber = Arc::new(broker.subscriber(number.clone()));
        let backends = Backends {
            log: Arc::new(broker.clone()),
            subscriber: subscriber.clone(),
            messenger: subscriber,
            keys: Arc::new(broker.clone()),
            connector: number,
            google: Arc::new(FixedToken::new("the simulation does not check it").map_err(StartError::setup)?),
        };
        let running = connector::run(settings, backends, connector, stop.clone());
        tasks.spawn("ui-connector", async {
            if let Err(error) = running.await {
                tracing::error!(error = %causes(&error), "failed to set up the connector");
            }
        });
        let running = interceptor::run(interceptor::Settings::default(), Arc::new(broker), interceptor, stop.clone());
        tasks.spawn("cloud-pubsub-interceptor", async {
            if let Err(error) = running.await {
                tracing::error!(error = %causes(&error), "failed to set up the interceptor");
            }
        });
        Ok(Self { interceptor: pushes, dialogflow, stop, tasks })
    }

    /// Drains both services.
    pub async fn shut_down(self) {
        self.stop.cancel();
        self.tasks.shut_down(PATIENCE).await;
    }
}

/// Starts a Dialogflow that publishes to the interceptor; returns it and its URL.
async fn start_dialogflow(interceptor: SocketAddr, tasks: &TaskSet) -> Result<(Arc<Dialogflow>, String), StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(StartError::setup)?;
    let url = format!("http://{}", listener.local_addr().map_err(StartError::setup)?);
    let subscription = PushSubscription::new(format!("http://{interceptor}")).map_err(StartError::setup)?;
    let (outbox, deliver) = Outbox::new(subscription);
    let (dialogflow, stop) = (Arc::new(Dialogflow::new(outbox)), tasks.stop_signal());
    tasks.spawn("pubsub", async move { _ = stop.run_until_cancelled(deliver).await });
    let router = dialogflow.clone().router();
    tasks.spawn("dialogflow", serve(listener, router, HttpLimits::default(), tasks.stop_signal()));
    Ok((dialogflow, url))
}

//! One subscription: message → record → ack.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use google_cloud_auth::credentials::anonymous;
use google_cloud_pubsub::client::Subscriber;
use google_cloud_pubsub::model::Message;
use google_cloud_pubsub::subscriber::MessageStream;
use google_cloud_pubsub::subscriber::handler::Handler;
use server::telemetry::causes;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::settings::{PullSettings, Subscription};
use super::troubles::Troubles;
use crate::error::Error;
use crate::metrics;
use crate::record::{App, accept};

/// For how long a message is ours. If this process dies, another one gets it after that; the least that Pub/Sub
/// takes, as no message needs more than a few seconds.
const LEASE: Duration = Duration::from_secs(10);
/// How long a message that could not be recorded is kept before it is given back, which Pub/Sub answers by
/// delivering it again at once.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two attempts to pull; doubled up to the second value.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How long the last acknowledgements may take.
const FAREWELL: Duration = Duration::from_secs(5);

type Pulled = Result<(Message, Handler), google_cloud_pubsub::Error>;

/// Pulls from one subscription.
pub(super) struct Puller {
    app: Arc<App>,
    settings: PullSettings,
    subscription: Subscription,
    troubles: Troubles,
}

/// Why pulling has ended by itself.
#[derive(Debug, thiserror::Error)]
enum PullError {
    #[error("the client could not be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("Pub/Sub refuses")]
    Refused(#[from] google_cloud_pubsub::Error),
}

impl Puller {
    pub(super) fn new(app: Arc<App>, settings: PullSettings, subscription: Subscription) -> Self {
        Self { app, settings, subscription, troubles: Troubles::default() }
    }

    /// Pulls until `stop`, whatever happens: a subscription that is missing may be made later.
    pub(super) async fn run(self, stop: CancellationToken) {
        let (mut pause, mut begun) = (RETRY.0, Instant::now());
        while let Err(error) = self.session(&stop).await {
            // It has worked for a while.
            if begun.elapsed() > RETRY.1 {
                pause = RETRY.0;
            }
            let name = &self.subscription.name;
            tracing::error!(subscription = %name, error = %causes(&error), "a subscription cannot be pulled from; it will be tried again");
            if stop.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
            (pause, begun) = ((pause * 2).min(RETRY.1), Instant::now());
        }
    }

    async fn session(&self, stop: &CancellationToken) -> Result<(), PullError> {
        let mut stream = self.stream().await?;
        tracing::info!(subscription = %self.subscription.name, kind = %self.subscription.kind, "pulling");
        let farewell = stream.shutdown_token();
        let messages = stream::unfold(&mut stream, |stream| async move { Some((stream.next().await?, stream)) });
        let messages = std::pin::pin!(messages.take_until(stop.cancelled()));
        let pulled = self.record_all(messages).await;
        if timeout(FAREWELL, farewell.shutdown()).await.is_err() {
            tracing::warn!(subscription = %self.subscription.name, "not all acknowledgements could be sent; what they were for will come again");
        }
        pulled
    }

    /// As many at a time as are allowed: no further one is read meanwhile, and Pub/Sub stops sending.
    async fn record_all(&self, messages: impl stream::Stream<Item = Pulled>) -> Result<(), PullError> {
        let most = self.settings.messages;
        let recorded = messages.map_err(PullError::from).try_for_each_concurrent(most, |(message, handler)| async {
            self.take(message, handler).await;
            Ok(())
        });
        recorded.await
    }

    async fn take(&self, message: Message, handler: Handler) {
        let (started, kind) = (Instant::now(), self.subscription.kind);
        let accepted = accept(&self.app, kind, Ok((&message).into()), &message.data).await;
        metrics::pulled(kind, accepted.as_ref().map_or_else(Error::result, |result| *result), started);
        match accepted {
            Ok(_) => handler.ack(),
            Err(error) => {
                if let Some(failures) = self.troubles.count() {
                    let name = &self.subscription.name;
                    tracing::warn!(subscription = %name, failures, error = %causes(&error), "messages are not acknowledged");
                }
                sleep(PAUSE).await;
                handler.nack();
            }
        }
    }

    async fn stream(&self) -> Result<MessageStream, PullError> {
        let builder = match &self.settings.emulator {
            Some(host) => Subscriber::builder()
                .with_endpoint(format!("http://{host}"))
                .with_credentials(anonymous::Builder::new().build()),
            None => Subscriber::builder(),
        };
        let limit = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let subscribe =
            builder.build().await.map_err(|error| PullError::Client(error.into()))?.subscribe(&self.subscription.name);
        let subscribe = subscribe.set_max_lease_extension(LEASE).set_max_outstanding_bytes(limit(self.settings.bytes));
        Ok(subscribe.set_max_outstanding_messages(limit(self.settings.messages)).build())
    }
}

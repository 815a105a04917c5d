//! Pulling from Pub/Sub instead of being pushed to: message → record → acknowledgement
//! (<https://cloud.google.com/pubsub/docs/pull#streamingpull_api>).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use broker::Backoff;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use google_cloud_auth::credentials::anonymous;
use google_cloud_pubsub::client::Subscriber;
use google_cloud_pubsub::model::Message;
use google_cloud_pubsub::subscriber::MessageStream;
use google_cloud_pubsub::subscriber::handler::Handler;
use parking_lot::Mutex;
use server::tasks::TaskSet;
use server::telemetry::causes;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::PullSettings;
use crate::error::PushError;
use crate::metrics;
use crate::push::PubsubMessage;
use crate::variables::Subscription;

/// How long Pub/Sub leaves a message to this process before it delivers it to another one. This is Pub/Sub's minimum; no
/// message needs more than a few seconds.
const LEASE: Duration = Duration::from_secs(10);
/// Delay before a message that could not be recorded is rejected, because Pub/Sub delivers it again at once.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause between two attempts to pull, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Time limit for the last acknowledgements at shutdown.
const LAST_ACKNOWLEDGEMENTS: Duration = Duration::from_secs(5);
/// Limits of the messages of one subscription that are being recorded; memory holds about five copies of them.
const MAX_MESSAGES: u16 = 256;
const MAX_BYTES: i64 = 16 * 1024 * 1024;

type Pulled = Result<(Message, Handler), google_cloud_pubsub::Error>;

/// Pulls from each subscription, in a task of its own, until `tasks` stop.
pub(crate) fn start(app: &Arc<App>, settings: &PullSettings, tasks: &TaskSet) {
    for subscription in settings.subscriptions.clone() {
        let (app, emulator, failures) = (Arc::clone(app), settings.emulator.clone(), LogThrottle::default());
        tasks.spawn("pull", Puller { app, emulator, subscription, failures }.run(tasks.stop_signal()));
    }
}

struct Puller {
    app: Arc<App>,
    emulator: Option<String>,
    subscription: Subscription,
    failures: LogThrottle,
}

/// Why a pull has ended by itself.
#[derive(Debug, thiserror::Error)]
enum PullError {
    #[error("the client could not be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("Pub/Sub refuses")]
    Refused(#[from] google_cloud_pubsub::Error),
}

impl Puller {
    /// Pulls until `stop`, and retries after every error: a missing subscription may be created later.
    async fn run(self, stop: CancellationToken) {
        let (mut backoff, mut began) = (Backoff::between(RETRY.0, RETRY.1), Instant::now());
        while let Err(error) = self.session(&stop).await {
            // It had been working for a while.
            if began.elapsed() > RETRY.1 {
                backoff.reset();
            }
            let name = &self.subscription.name;
            tracing::error!(subscription = %name, error = %causes(&error), "failed to pull from a subscription; trying again");
            if stop.run_until_cancelled(sleep(backoff.pause())).await.is_none() {
                return;
            }
            began = Instant::now();
        }
    }

    async fn session(&self, stop: &CancellationToken) -> Result<(), PullError> {
        let mut stream = self.stream().await?;
        tracing::info!(subscription = %self.subscription.name, kind = %self.subscription.kind, "pulling");
        let shutdown = stream.shutdown_token();
        let messages = stream::unfold(&mut stream, |stream| async move { Some((stream.next().await?, stream)) });
        let messages = std::pin::pin!(messages.take_until(stop.cancelled()));
        let pulled = self.record_all(messages).await;
        if timeout(LAST_ACKNOWLEDGEMENTS, shutdown.shutdown()).await.is_err() {
            tracing::warn!(subscription = %self.subscription.name, "failed to send all acknowledgements; Pub/Sub delivers these messages again");
        }
        pulled
    }

    /// Records up to [`MAX_MESSAGES`] concurrently and reads no more meanwhile, so that Pub/Sub stops sending.
    async fn record_all(&self, messages: impl stream::Stream<Item = Pulled>) -> Result<(), PullError> {
        let most = usize::from(MAX_MESSAGES);
        let recorded = messages.map_err(PullError::from).try_for_each_concurrent(most, |(message, handler)| async {
            self.handle(message, handler).await;
            Ok(())
        });
        recorded.await
    }

    async fn handle(&self, message: Message, handler: Handler) {
        let (started, kind) = (Instant::now(), self.subscription.kind);
        let accepted = self.app.accept(kind, Ok((&message).into()), &message.data).await;
        metrics::pulled(kind, accepted.as_ref().map_or_else(PushError::result, |result| *result), started);
        match accepted {
            Ok(_) => handler.ack(),
            Err(error) => {
                if let Some(failures) = self.failures.count() {
                    let name = &self.subscription.name;
                    tracing::warn!(subscription = %name, failures, error = %causes(&error), "messages not acknowledged");
                }
                sleep(PAUSE).await;
                handler.nack();
            }
        }
    }

    async fn stream(&self) -> Result<MessageStream, PullError> {
        let builder = match &self.emulator {
            Some(host) => Subscriber::builder()
                .with_endpoint(format!("http://{host}"))
                .with_credentials(anonymous::Builder::new().build()),
            None => Subscriber::builder(),
        };
        let subscribe =
            builder.build().await.map_err(|error| PullError::Client(error.into()))?.subscribe(&self.subscription.name);
        let subscribe = subscribe.set_max_lease_extension(LEASE).set_max_outstanding_bytes(MAX_BYTES);
        Ok(subscribe.set_max_outstanding_messages(MAX_MESSAGES).build())
    }
}

impl<'a> From<&'a Message> for PubsubMessage<'a> {
    fn from(message: &'a Message) -> Self {
        let attribute = |name| message.attributes.get(name).map_or(Cow::default(), Cow::from);
        Self {
            data: Cow::Borrowed(&message.data),
            message_id: Cow::from(&message.message_id),
            publish_time: message.publish_time.map_or(Cow::default(), |time| String::from(time).into()),
            participant_role: attribute("participant_role"),
            recognition_message_id: attribute("message_id"),
        }
    }
}

/// Limits log lines about failures to one per [`Self::INTERVAL`]: during an outage of Redis, each message fails once a second.
#[derive(Default)]
struct LogThrottle(Mutex<(Option<Instant>, u64)>);

impl LogThrottle {
    const INTERVAL: Duration = Duration::from_secs(5);

    /// Counts a failure. Returns the number of failures since the last logged one if it is time to log again.
    fn count(&self) -> Option<u64> {
        let mut state = self.0.lock();
        state.1 += 1;
        if state.0.is_some_and(|logged| logged.elapsed() < Self::INTERVAL) {
            return None;
        }
        state.0 = Some(Instant::now());
        Some(std::mem::take(&mut state.1))
    }
}

//! Events without an inbound route: messages are pulled from Pub/Sub instead of being pushed by it
//! (<https://cloud.google.com/pubsub/docs/pull#streamingpull_api>).

#[cfg(feature = "pull")]
mod message;
mod settings;
#[cfg(feature = "pull")]
mod stream;
#[cfg(feature = "pull")]
mod troubles;

use std::sync::Arc;

use server::tasks::TaskSet;

pub use settings::{PullSettings, Subscription};

use crate::record::App;

/// Pulls from each subscription, in a task of its own, until `tasks` are told to stop.
#[cfg(feature = "pull")]
pub(crate) fn start(app: &Arc<App>, settings: &PullSettings, tasks: &TaskSet) {
    for subscription in &settings.subscriptions {
        let puller = stream::Puller::new(Arc::clone(app), settings.clone(), subscription.clone());
        tasks.spawn("pull", puller.run(tasks.stop_signal()));
    }
}

/// A build without the feature refuses settings for it.
#[cfg(not(feature = "pull"))]
pub(crate) fn start(_: &Arc<App>, _: &PullSettings, _: &TaskSet) {}

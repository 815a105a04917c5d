use std::sync::Arc;

use broker::{KeyValue, LogReader, Messenger, Subscriber};
use event::ConnectorId;

use crate::google::credentials::AccessTokens;

/// What the connector works with.
pub struct Backends {
    /// The logs of the conversations.
    pub log: Arc<dyn LogReader>,
    /// Live events.
    pub subscriber: Arc<dyn Subscriber>,
    /// Messages of and to other connectors.
    pub messenger: Arc<dyn Messenger>,
    /// Mapping keys, integration keys and sessions.
    pub keys: Arc<dyn KeyValue>,
    /// The id under which this process claims conversations; the subscriber must have it.
    pub connector: ConnectorId,
    /// The credentials for calls to Google.
    pub google: Arc<dyn AccessTokens>,
}

use std::sync::Arc;

use broker::{Courier, EventBus, KeyStore};
use event::ConnectorId;

use crate::google::credentials::AccessTokens;

/// What the connector works with.
pub struct Backends {
    /// Where events come from.
    pub bus: Arc<dyn EventBus>,
    /// How other connectors are reached.
    pub courier: Arc<dyn Courier>,
    /// Where mapping keys go.
    pub keys: Arc<dyn KeyStore>,
    /// The id under which this process claims conversations; the bus must listen to its channels.
    pub connector: ConnectorId,
    /// The credentials for calls to Google.
    pub google: Arc<dyn AccessTokens>,
}

//! Where Dialogflow is, and limits of the calls to it.

use std::time::Duration;

use settings::Reader;

use crate::base_url::BaseUrl;
use crate::variables::{DIALOGFLOW_ENDPOINT, DIALOGFLOW_MAX_REQUESTS, DIALOGFLOW_TIMEOUT_SECONDS};

const MIB: usize = 1024 * 1024;

#[derive(Debug, Clone)]
pub struct DialogflowSettings {
    /// Replaces Google's own addresses: for tests, private endpoints and stand-ins.
    pub endpoint: Option<BaseUrl>,
    /// How long Dialogflow may take to begin an answer, and then to go on with it.
    pub timeout: Duration,
    /// The largest body of a request, bytes.
    pub max_body: usize,
    /// Bytes of bodies that are being read at the same time; more get 503.
    pub max_bodies: usize,
    /// Requests at the same time; more get 503.
    pub max_requests: usize,
}

impl DialogflowSettings {
    pub fn read(env: &mut Reader) -> Self {
        Self {
            endpoint: DIALOGFLOW_ENDPOINT.read(env),
            timeout: DIALOGFLOW_TIMEOUT_SECONDS.read(env),
            max_body: 10 * MIB,
            max_bodies: 256 * MIB,
            max_requests: DIALOGFLOW_MAX_REQUESTS.read(env),
        }
    }
}

impl Default for DialogflowSettings {
    fn default() -> Self {
        Self::read(&mut Reader::default())
    }
}

//! Where Dialogflow is, and how patient we are with it.

use std::time::Duration;

use server::env::EnvReader;

use crate::base_url::BaseUrl;

const MIB: usize = 1024 * 1024;

/// How the proxy behaves.
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

impl Default for DialogflowSettings {
    fn default() -> Self {
        let timeout = Duration::from_secs(30);
        Self { endpoint: None, timeout, max_body: 10 * MIB, max_bodies: 256 * MIB, max_requests: 1000 }
    }
}

impl DialogflowSettings {
    /// Reads `DIALOGFLOW_ENDPOINT`, `DIALOGFLOW_TIMEOUT_SECONDS` and `DIALOGFLOW_MAX_REQUESTS`.
    pub fn read(env: &mut EnvReader) -> Self {
        let default = Self::default();
        let seconds = default.timeout.as_secs();
        let timeout = env.parse_within("DIALOGFLOW_TIMEOUT_SECONDS", "1 to 59", seconds, |n| (1..=59).contains(n));
        let requests = default.max_requests;
        let max_requests =
            env.parse_within("DIALOGFLOW_MAX_REQUESTS", "1 to 100000", requests, |n| (1..=100_000).contains(n));
        let endpoint = env.optional("DIALOGFLOW_ENDPOINT", BaseUrl::EXPECTED);
        Self { endpoint, timeout: Duration::from_secs(timeout), max_requests, ..default }
    }
}

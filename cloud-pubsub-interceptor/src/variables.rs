//! The variables that the interceptor reads besides those of every process and of Redis.

use event::EventKind;
use server::client::ProtectedUrl;
use settings::Kind;
use settings::kinds::{Flag, List, Number, OneOf, ProjectId, Text, quoted};

settings::settings! {
    /// What the interceptor alone reads.
    pub const INTERCEPTOR;

    /// Project of the `PUBSUB_SUBSCRIPTIONS` that name none, and of the traces that log lines belong to.
    GCP_PROJECT_ID: Option<ProjectId>;
    /// Service account that the subscriptions push as. Every push then needs a valid token of Google's for this account.
    PUSH_AUTH_SERVICE_ACCOUNT: Option<Email>, else "none: pushes need no token";
    /// What the tokens are made for: the subscriptions' `--push-auth-token-audience`.
    PUSH_AUTH_AUDIENCE: List<Text>, else "the URL of the endpoint that is called";
    /// Accepts tokens whose signature Cloud Run has checked and removed. Only if nothing but Cloud Run can reach the service.
    PUSH_AUTH_TRUST_PLATFORM: Flag = "false";
    /// Address of Google's public keys.
    PUSH_AUTH_KEYS_URL: ProtectedUrl = "https://www.googleapis.com/oauth2/v3/certs";
    /// Whether there are routes for push requests; `false` is for an interceptor that only pulls.
    PUSH_ENDPOINTS: Flag = "true";
    /// Subscriptions without a push endpoint to pull from, each with the kind of event that its topic brings. See DEPLOY.md.
    PUBSUB_SUBSCRIPTIONS: List<Subscription>, else "none: nothing is pulled";
    /// The Pub/Sub emulator to pull from instead of Pub/Sub, `HOST:PORT`. Topics and subscriptions must exist.
    PUBSUB_EMULATOR_HOST: Option<Text>;
    /// What happens to a message that can never be delivered: it is acknowledged and kept in the stream `aa:quarantine`, or rejected
    /// (400, or no acknowledgement) for subscriptions with a dead-letter topic.
    MALFORMED_MESSAGES: OneOf<MalformedMessages> = "quarantine";
    /// Number of replicas of Redis that must have an event before it is acknowledged. With fewer the answer is 503 after half a
    /// second, and no desktop gets the event before. See DELIVERY.md.
    REDIS_MIN_REPLICAS: Number<0, 5> = "0";
    /// TCP connections at the same time; further ones wait.
    MAX_CONNECTIONS: Number<1, 1_000_000> = "10000";
}

settings::choices! {
    /// What happens to a message that can never be delivered.
    pub enum MalformedMessages {
        /// It is acknowledged, and kept in Redis for the operator.
        Quarantine = "quarantine",
        /// The answer is 400: for subscriptions that have a dead-letter topic.
        Reject = "reject",
    }
}

/// An e-mail address, as far as that has to be checked.
pub struct Email;

impl Kind for Email {
    type Value = String;
    const EXPECTED: &str = "the e-mail address of a service account";

    fn parse(text: &str) -> Result<String, String> {
        if text.contains('@') { Ok(text.to_owned()) } else { Err(quoted(text)) }
    }
}

/// A subscription without a push endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// `projects/P/subscriptions/S`, or `S` as long as its project is not known.
    pub name: String,
    /// What its messages are.
    pub kind: EventKind,
}

impl Kind for Subscription {
    type Value = Self;
    const EXPECTED: &str = "NAME=KIND, where NAME is projects/P/subscriptions/S, or S beside GCP_PROJECT_ID";

    fn parse(text: &str) -> Result<Self, String> {
        let is_id = |id: &str| !id.is_empty() && !id.contains(['/', ' ']);
        let is_name = |name: &str| match name.split('/').collect::<Vec<_>>()[..] {
            ["projects", project, "subscriptions", id] => is_id(project) && is_id(id),
            [id] => is_id(id),
            _ => false,
        };
        let pair = text.split_once('=').map(|(name, kind)| (name.trim(), kind.trim().parse()));
        match pair {
            Some((name, Ok(kind))) if is_name(name) => Ok(Self { name: name.to_owned(), kind }),
            _ => Err(quoted(text)),
        }
    }
}

//! Sets of public keys (RFC 7517), fetched when they are needed and kept for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use parking_lot::RwLock;
use reqwest::header::CACHE_CONTROL;
use reqwest::{Client, Url};
use serde_json::Value;
use server::client::{Answer, AskError, ask};
use server::telemetry::causes;
use tokio::sync::Mutex;

/// A set is kept for no less, and no longer, than this before it is fetched again, whatever its issuer says.
const MIN_FRESH: Duration = Duration::from_mins(5);
const MAX_FRESH: Duration = Duration::from_hours(24);
/// For how long after that a set may be used while its issuer cannot be reached.
const MAX_STALE: Duration = Duration::from_hours(24);
/// A set is not asked for more often, so that tokens with made-up key ids cannot make us a flood.
const MIN_INTERVAL: Duration = Duration::from_secs(10);
/// Maximum number of keys in a set.
const MAX_KEYS: usize = 64;

/// Where a set of keys is.
#[derive(Debug, Clone)]
pub enum Source {
    Keys(Url),
    /// Where the issuer's discovery document says
    /// (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>).
    Issuer(String),
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysUnavailable {
    #[error("the keys of the issuer cannot be fetched")]
    Ask(#[from] AskError),
    #[error("the issuer answered {0} to the question for its keys")]
    Status(u16),
    #[error("the issuer's answer to the question for its keys is unusable: {0}")]
    Unusable(&'static str),
    #[error("the keys of the issuer could not be fetched a moment ago")]
    Pause,
}

/// The keys of one issuer.
#[derive(Debug)]
pub struct KeySet {
    source: Source,
    minimum: Duration,
    state: RwLock<CachedKeys>,
    /// Held while the set is fetched.
    fetching: Mutex<()>,
}

#[derive(Debug, Clone, Default)]
struct CachedKeys {
    keys: Arc<[Jwk]>,
    /// Until when the keys need not be fetched again, and until when they may be used; nothing without keys.
    fresh: Option<(Instant, Instant)>,
    attempted: Option<Instant>,
}

impl CachedKeys {
    fn is_fresh(&self, now: Instant) -> bool {
        self.fresh.is_some_and(|(fresh, _)| now < fresh)
    }

    fn is_usable(&self, now: Instant) -> bool {
        self.fresh.is_some_and(|(_, usable)| now < usable)
    }

    fn find(&self, kid: Option<&str>) -> Vec<Jwk> {
        let fits = |key: &&Jwk| kid.is_none() || key.common.key_id.as_deref() == kid;
        self.keys.iter().filter(fits).cloned().collect()
    }
}

impl KeySet {
    /// A set that has not been fetched yet.
    pub fn new(source: Source) -> Self {
        Self::with_interval(source, MIN_INTERVAL)
    }

    /// The same, asking again after `minimum` at the earliest.
    pub fn with_interval(source: Source, minimum: Duration) -> Self {
        Self { source, minimum, state: RwLock::default(), fetching: Mutex::default() }
    }

    /// The keys with an id, or all for a token that names none. Fetches the set by `http` if it has to.
    ///
    /// # Errors
    /// [`KeysUnavailable`] if there is no usable set.
    pub async fn find(&self, http: &Client, kid: Option<&str>) -> Result<Vec<Jwk>, KeysUnavailable> {
        let state = self.state();
        let found = state.find(kid);
        let now = Instant::now();
        if state.is_fresh(now) && !found.is_empty() {
            return Ok(found);
        }
        let is_enough_for_now = state.is_usable(now) && !found.is_empty();
        let turn = if is_enough_for_now { self.fetching.try_lock().ok() } else { Some(self.fetching.lock().await) };
        if turn.is_none() {
            return Ok(found);
        }
        let fetched = self.renew(http, kid).await;
        let state = self.state();
        match fetched {
            Err(error) if !state.is_usable(Instant::now()) => Err(error),
            _ => Ok(state.find(kid)),
        }
    }

    /// Fetches the set, unless another task has done so meanwhile, or just now.
    async fn renew(&self, http: &Client, kid: Option<&str>) -> Result<(), KeysUnavailable> {
        let (state, now) = (self.state(), Instant::now());
        if state.is_fresh(now) && !state.find(kid).is_empty() {
            return Ok(());
        }
        if state.attempted.is_some_and(|at| now.duration_since(at) < self.minimum) {
            return Err(KeysUnavailable::Pause);
        }
        let fetched = self.fetch(http).await;
        let mut state = self.state.write();
        state.attempted = Some(Instant::now());
        match fetched {
            Ok((keys, lifetime)) => {
                let fresh = Instant::now() + lifetime;
                state.keys = keys.into();
                state.fresh = Some((fresh, fresh + MAX_STALE));
                Ok(())
            }
            Err(error) => {
                tracing::warn!(error = %causes(&error), "failed to fetch the keys of an issuer; known keys stay in use for a day");
                Err(error)
            }
        }
    }

    async fn fetch(&self, http: &Client) -> Result<(Vec<Jwk>, Duration), KeysUnavailable> {
        let url = match &self.source {
            Source::Keys(url) => url.clone(),
            Source::Issuer(issuer) => self.discover(http, issuer).await?,
        };
        let answer = get(http, url).await?;
        let set: Value =
            serde_json::from_slice(&answer.body).map_err(|_| KeysUnavailable::Unusable("it is not JSON"))?;
        let keys = set["keys"].as_array().ok_or(KeysUnavailable::Unusable("it has no keys"))?;
        // A key of a new kind must not hide the others.
        let known = keys.iter().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
        let signing = known.filter(|key| !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption)));
        Ok((signing.take(MAX_KEYS).collect(), lifetime(&answer)))
    }

    async fn discover(&self, http: &Client, issuer: &str) -> Result<Url, KeysUnavailable> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = url.parse().map_err(|_| KeysUnavailable::Unusable("the issuer is no URL"))?;
        let document: Value = serde_json::from_slice(&get(http, url).await?.body)
            .map_err(|_| KeysUnavailable::Unusable("its discovery document is not JSON"))?;
        if document["issuer"] != issuer {
            return Err(KeysUnavailable::Unusable("its discovery document is of another issuer"));
        }
        let keys = document["jwks_uri"].as_str().and_then(|url| url.parse().ok()).filter(server::client::is_protected);
        keys.ok_or(KeysUnavailable::Unusable("its discovery document names no https URL of keys"))
    }

    fn state(&self) -> CachedKeys {
        self.state.read().clone()
    }
}

async fn get(http: &Client, url: Url) -> Result<Answer, KeysUnavailable> {
    let answer = ask(http.get(url)).await?;
    if answer.status.is_success() { Ok(answer) } else { Err(KeysUnavailable::Status(answer.status.as_u16())) }
}

/// How long an answer may be kept (<https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.1>), within our own limits.
fn lifetime(answer: &Answer) -> Duration {
    let values = answer.headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut directives = values.flat_map(|value| value.split(',')).map(str::trim);
    let seconds = directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok());
    seconds.map_or(MIN_FRESH, Duration::from_secs).clamp(MIN_FRESH, MAX_FRESH)
}

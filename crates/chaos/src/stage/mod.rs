//! The processes, and the networks between them.

mod redis;

use std::fs;
use std::time::Duration;

use broker::{RedisBroker, RedisSettings, Retention};
use event::EventKind;
use serde_json::json;
use simulator::pubsub::{Topics, topic};
use tokio::sync::Mutex;

use crate::plan::{PROJECT, Plan};
use testkit::{Emulator, Launch, Process, Proxy, http, until};

pub(crate) use redis::RedisUnderTest;

/// Keys that sign the desktops' tokens.
const SECRET: &str = "only for this run: 0a1b2c3d4e5f";

/// Everything that faults happen to.
pub(crate) struct System {
    pub(crate) connectors: Vec<Mutex<Process>>,
    pub(crate) interceptors: Vec<Mutex<Process>>,
    /// Between the desktops and the connectors; any of them will do.
    pub(crate) desktops: Proxy,
    /// Between Pub/Sub and the interceptors.
    pub(crate) pushes: Proxy,
    /// Between each process and Redis, unless that is a cluster, whose servers name their own addresses.
    pub(crate) to_redis: Vec<Proxy>,
    pub(crate) redis: Mutex<RedisUnderTest>,
    /// What the interceptors pull from instead of being pushed to.
    emulator: Option<Emulator>,
    /// Reads what was recorded.
    pub(crate) broker: RedisBroker,
}

impl System {
    pub(crate) async fn start(plan: &Plan) -> Self {
        let (programs, logs) = (plan.programs(), plan.logs());
        fs::create_dir_all(&logs).expect("a folder for the logs");
        let secret = logs.join("jwt_secret_key");
        fs::write(&secret, SECRET).expect("a file with the secret");
        let secret = secret.canonicalize().expect("the path of the secret").display().to_string();
        let redis = RedisUnderTest::start(plan).await;
        let emulator = if plan.pull { Some(emulator().await) } else { None };
        let (mut to_redis, mut connectors, mut interceptors) = (Vec::new(), Vec::new(), Vec::new());
        let settings = match &redis {
            RedisUnderTest::Pair(pair) => {
                // Where the primary is changes.
                to_redis.push(Proxy::start(vec![pair.address()]).await);
                RedisSettings::new(format!("redis://{}", to_redis[0].address()))
            }
            RedisUnderTest::Cluster(cluster) => cluster.settings(),
        };
        let broker = RedisBroker::new(settings, Retention::default()).expect("a broker");
        for (program, count) in plan.services() {
            for number in 0..count {
                let mut environment = environment(&secret);
                match &redis {
                    RedisUnderTest::Pair(pair) => {
                        let proxy = Proxy::start(vec![pair.address()]).await;
                        environment.push(("REDIS_URL", format!("redis://{}", proxy.address())));
                        to_redis.push(proxy);
                    }
                    RedisUnderTest::Cluster(cluster) => environment.extend(cluster.environment()),
                }
                environment.extend(emulator.iter().flat_map(pull));
                let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                let (name, folder) = (format!("{program}-{number}"), Some(logs.clone()));
                let launch = Launch { program: programs.join(program), name, environment, folder };
                let services = if program == "ui-connector" { &mut connectors } else { &mut interceptors };
                services.push(Process::launch(launch).await);
            }
        }
        let proxy = async |services: &[Process]| Proxy::start(services.iter().map(Process::address).collect()).await;
        let (desktops, pushes) = (proxy(&connectors).await, proxy(&interceptors).await);
        let lock = |services: Vec<Process>| services.into_iter().map(Mutex::new).collect();
        let (connectors, interceptors) = (lock(connectors), lock(interceptors));
        let stage =
            Self { connectors, interceptors, desktops, pushes, to_redis, redis: Mutex::new(redis), emulator, broker };
        stage.is_ready().await;
        stage
    }

    /// Where to publish if the interceptors pull.
    pub(crate) fn topics(&self) -> Option<Topics> {
        Some(Topics::new(&self.emulator.as_ref()?.host(), PROJECT).expect("an HTTP client"))
    }

    /// Ends all faults.
    pub(crate) async fn heal(&self) {
        self.desktops.clear_up();
        self.to_redis.iter().for_each(Proxy::clear_up);
        self.redis.lock().await.heal().await;
        for service in self.connectors.iter().chain(&self.interceptors) {
            let mut service = service.lock().await;
            service.thaw();
            if service.has_ended().is_some() {
                service.restart().await;
            }
        }
        self.is_ready().await;
    }

    /// Waits until every process can do its work.
    pub(crate) async fn is_ready(&self) {
        for service in self.connectors.iter().chain(&self.interceptors) {
            let service = service.lock().await;
            let probe = if service.name().starts_with("ui-connector") { "/ready" } else { "/status" };
            let is_ready = async || {
                let answer = http().get(service.url(probe)).timeout(Duration::from_secs(3)).send().await;
                answer.is_ok_and(|answer| answer.status().is_success())
            };
            until("the process is ready", is_ready).await;
        }
    }
}

/// An emulator with a topic for each kind of event, and a subscription to pull from.
async fn emulator() -> Emulator {
    let emulator = Emulator::start().await.expect("the emulator");
    for kind in EventKind::ALL {
        let name = format!("projects/{PROJECT}/topics/{}", topic(kind));
        emulator.make(&name, &json!({})).await;
        emulator.make(&subscription(kind), &json!({"topic": name, "ackDeadlineSeconds": 10})).await;
    }
    emulator
}

/// What interceptors are configured with to pull, and not to be pushed to.
fn pull(emulator: &Emulator) -> [(&'static str, String); 3] {
    let subscriptions = EventKind::ALL.map(|kind| format!("{}={kind}", subscription(kind)));
    [
        ("PUBSUB_EMULATOR_HOST", emulator.host()),
        ("PUBSUB_SUBSCRIPTIONS", subscriptions.join(",")),
        ("PUSH_ENDPOINTS", "false".to_owned()),
    ]
}

fn subscription(kind: EventKind) -> String {
    format!("projects/{PROJECT}/subscriptions/{kind}")
}

fn environment(secret: &str) -> Vec<(&'static str, String)> {
    vec![
        ("GCP_PROJECT_ID", PROJECT.to_owned()),
        ("AUTH_OPTION", "Skip".to_owned()),
        ("JWT_SECRET_KEY_PATH", secret.to_owned()),
        ("RUST_LOG", "info".to_owned()),
        // Tokens expire all the time, and connections are recycled.
        ("JWT_TOKEN_LIFETIME_MINUTES", "1".to_owned()),
        ("CONNECTION_LIFETIME_SECONDS", "45".to_owned()),
        // Busy conversations would outgrow the usual length while a desktop is away for a minute.
        ("EVENT_RETENTION_MAX", "20000".to_owned()),
        // All desktops share one address.
        ("REFUSED_ATTEMPTS_PER_MINUTE", "0".to_owned()),
    ]
}

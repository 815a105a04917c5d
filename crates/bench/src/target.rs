//! What is measured: the services, both in one process, or the peer, each with a Redis of its own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use hyper::StatusCode;
use tempfile::TempDir;
use testkit::redis::RedisServer;
use testkit::{Launch, Process, free_port, project};

use crate::http::{HttpConnection, get};
use crate::plan::LoadPlan;
use crate::ticker::Ticker;

/// The programs of one column of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// The two services
    Services,
    /// Both services in one process, without Redis: the demo
    Embedded,
    /// The peer: the least that takes an event from a push to a desktop through Redis
    BareRelay,
}

impl Target {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Embedded => "embedded",
            Self::BareRelay => "bare relay",
        }
    }

    /// Its programs below the folder of the build.
    pub(crate) fn programs(self) -> &'static [(Role, &'static str)] {
        match self {
            Self::Services => &[(Role::Connector, "ui-connector"), (Role::Interceptor, "cloud-pubsub-interceptor")],
            Self::Embedded => &[(Role::Both, "demo")],
            Self::BareRelay => &[(Role::Both, "examples/bare_relay")],
        }
    }

    /// Starts its programs with further `settings` and waits until they answer.
    pub(crate) async fn start(self, plan: &LoadPlan, settings: &[(&str, String)]) -> RunningTarget {
        let redis = match self {
            Self::Services | Self::BareRelay => Some(RedisServer::start().await),
            Self::Embedded => None,
        };
        let folder = TempDir::new().expect("a temporary directory");
        let secret = folder.path().join("jwt_secret_key");
        fs::write(&secret, "benchmark-key-".repeat(4)).expect("a file with the secret");
        let [connector, interceptor] = [free_address(), free_address()];
        let mut environment = vec![
            ("AUTH_OPTION", "Skip".to_owned()),
            ("GCP_PROJECT_ID", project()),
            ("INTERCEPTOR_PORT", interceptor.port().to_string()),
            ("JWT_SECRET_KEY_PATH", secret.display().to_string()),
            ("PLAY_CONVERSATION", "false".to_owned()),
            ("RUST_LOG", "warn".to_owned()),
        ];
        environment.extend(redis.iter().map(|redis| ("REDIS_URL", redis.url())));
        environment.extend_from_slice(settings);
        let mut services = Vec::new();
        for ((role, program), address) in self.programs().iter().zip([connector, interceptor]) {
            let environment = environment.iter().cloned().chain([("PORT", address.port().to_string())]);
            let environment = environment.map(|(name, value)| (name.to_owned(), value)).collect();
            let (name, program) = (program.replace('/', "-"), plan.build.join(program));
            services
                .push(RunningProgram::start(*role, Launch { program, name, environment, folder: None }, address).await);
        }
        // A process that is both may open its second port later.
        first_answer(interceptor, || false).await;
        RunningTarget { connector, interceptor, services, redis, _folder: folder }
    }
}

/// A running [`Target`]. Its processes are killed when dropped.
pub(crate) struct RunningTarget {
    pub(crate) connector: SocketAddr,
    pub(crate) interceptor: SocketAddr,
    /// The connector, which comes first, and the interceptor, or one process that is both.
    pub(crate) services: Vec<RunningProgram>,
    redis: Option<RedisServer>,
    _folder: TempDir,
}

impl RunningTarget {
    pub(crate) fn processes(&self) -> impl Iterator<Item = (Role, u32)> {
        let services = self.services.iter().map(|service| (service.role, service.process.id()));
        services.chain(self.redis.iter().map(|redis| (Role::Redis, redis.id())))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Connector,
    Interceptor,
    Both,
    Redis,
}

pub(crate) struct RunningProgram {
    pub(crate) role: Role,
    pub(crate) process: Process,
    /// From its start to its first answer.
    pub(crate) start: Duration,
}

impl RunningProgram {
    async fn start(role: Role, launch: Launch, address: SocketAddr) -> Self {
        let started = Instant::now();
        let mut process = Process::spawn(launch);
        first_answer(address, || process.has_ended().is_some()).await;
        Self { role, start: started.elapsed(), process }
    }
}

pub(crate) fn free_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}

/// Waits until a server answers, to a fraction of a millisecond.
pub(crate) async fn first_answer(address: SocketAddr, mut has_ended: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    // Often enough to time a start, and seldom enough to leave the processor to the process.
    let mut ticker = Ticker::new(Duration::from_micros(200));
    loop {
        if let Ok(mut connection) = HttpConnection::connect(address).await
            && connection.send(get("/live", "")).await.is_ok_and(|status| status == StatusCode::OK)
        {
            break;
        }
        assert!(!has_ended() && Instant::now() < deadline, "no answer from {address}");
        ticker.tick().await;
    }
}

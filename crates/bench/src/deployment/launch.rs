//! How each target is started: its programs, their environment, their order.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use tokio::process::Command;

use super::{
    Deployment, PROJECT, Target, ports,
    process::{Process, ProcessError, Role},
    redis, secret,
};
use crate::wire::http::{HttpConnection, HttpError};

pub(super) const CONNECTOR: &str = "ui-connector";
pub(super) const INTERCEPTOR: &str = "cloud-pubsub-interceptor";

/// Where everything listens, and the files that the programs need.
struct Site {
    connector: SocketAddr,
    interceptor: SocketAddr,
    redis: SocketAddr,
    secret: PathBuf,
    folder: tempfile::TempDir,
}

pub(super) async fn start(target: &Target, environment: &[(&str, String)]) -> Result<Deployment, ProcessError> {
    let site = Site::new()?;
    let mut processes = Vec::new();
    if !matches!(target, Target::Embedded(_)) {
        processes.push(redis::start(site.redis, site.folder.path()).await?);
    }
    match target {
        Target::Services(programs) => {
            let both = [programs.join(CONNECTOR), programs.join(INTERCEPTOR)];
            processes.extend(start_both(&both, environment, &site).await?);
        }
        Target::WithoutLog { programs, interceptor } => {
            let both = [programs.join(CONNECTOR), interceptor.clone()];
            processes.extend(start_both(&both, environment, &site).await?);
        }
        Target::Embedded(program) => {
            let command = embedded_command(program, &site);
            processes.push(spawn_ready(Role::BothServices, command, site.connector, &site).await?);
        }
        Target::BareRelay(program) => {
            let command = bare_relay_command(program, &site);
            processes.push(spawn_ready(Role::BothServices, command, site.connector, &site).await?);
        }
    }
    await_second_port(target, site.interceptor, &mut processes).await?;
    // Services before the Redis that they use, when it comes to stopping.
    processes.reverse();
    Ok(site.into_deployment(processes))
}

/// A connector and an interceptor.
async fn start_both(
    [connector, interceptor]: &[PathBuf; 2],
    environment: &[(&str, String)],
    site: &Site,
) -> Result<[Process; 2], ProcessError> {
    let interceptor = interceptor_command(interceptor, site);
    let mut connector = connector_command(connector, site);
    connector.envs(environment.iter().map(|(name, value)| (*name, value)));
    let interceptor = spawn_ready(Role::Interceptor, interceptor, site.interceptor, site).await?;
    let connector = spawn_ready(Role::Connector, connector, site.connector, site).await?;
    Ok([interceptor, connector])
}

impl Site {
    fn new() -> io::Result<Self> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let folder = tempfile::tempdir()?;
        Ok(Self {
            connector: local(ports::free()?),
            interceptor: local(ports::free()?),
            redis: local(ports::free()?),
            secret: secret::write(folder.path())?,
            folder,
        })
    }

    fn into_deployment(self, processes: Vec<Process>) -> Deployment {
        Deployment { connector: self.connector, interceptor: self.interceptor, processes, _folder: self.folder }
    }
}

async fn spawn_ready(role: Role, command: Command, address: SocketAddr, site: &Site) -> Result<Process, ProcessError> {
    let mut process = Process::spawn(role, command, site.folder.path())?;
    process.ready(async || is_live(address, "/live").await).await?;
    Ok(process)
}

/// A program that is both services may open its second port a moment after the first.
async fn await_second_port(
    target: &Target,
    address: SocketAddr,
    processes: &mut [Process],
) -> Result<(), ProcessError> {
    match (target, processes.last_mut()) {
        (Target::Embedded(_) | Target::BareRelay(_), Some(program)) => {
            program.ready(async || is_live(address, "/live").await).await
        }
        _ => Ok(()),
    }
}

/// Whether a path is answered with 200.
pub(super) async fn is_live(address: SocketAddr, path: &str) -> Result<(), HttpError> {
    let mut connection = HttpConnection::connect(address).await?;
    let (status, _) = connection.exchange(format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").as_bytes()).await?;
    match status {
        200 => Ok(()),
        _ => Err(HttpError::Malformed("the probe is not 200")),
    }
}

/// The environment that all our programs share; nothing of the caller's that could change what is measured.
fn common(program: &Path, site: &Site) -> Command {
    let mut command = Command::new(program);
    let log_settings = [("LOG_FORMAT", "text"), ("RUST_LOG", "warn"), ("GCP_PROJECT_ID", PROJECT)];
    command.env_clear().envs(log_settings).current_dir(site.folder.path());
    command
}

fn with_redis(mut command: Command, site: &Site) -> Command {
    command.env("REDISHOST", site.redis.ip().to_string()).env("REDISPORT", site.redis.port().to_string());
    command
}

fn with_authentication(mut command: Command, site: &Site) -> Command {
    command
        .env("PORT", site.connector.port().to_string())
        .env("AUTH_OPTION", "Skip")
        .env("JWT_SECRET_KEY_PATH", &site.secret);
    command
}

fn connector_command(program: &Path, site: &Site) -> Command {
    with_authentication(with_redis(common(program, site), site), site)
}

fn interceptor_command(program: &Path, site: &Site) -> Command {
    let mut command = with_redis(common(program, site), site);
    command.env("PORT", site.interceptor.port().to_string());
    command
}

fn embedded_command(program: &Path, site: &Site) -> Command {
    let mut command = with_authentication(common(program, site), site);
    command.env("INTERCEPTOR_PORT", site.interceptor.port().to_string());
    command
}

fn bare_relay_command(program: &Path, site: &Site) -> Command {
    let mut command = common(program, site);
    command
        .args(["--port", &site.connector.port().to_string()])
        .args(["--interceptor-port", &site.interceptor.port().to_string()])
        .args(["--redis", &site.redis.to_string()]);
    command
}

//! `make demo`: both services in one process, and a conversation that is played into them.

use std::net::Ipv4Addr;
use std::process::ExitCode;

use connector::auth::settings::AuthSettings;
use server::env::{ConfigError, Env};
use server::http::{HttpLimits, serve};
use server::process::{Config, ProcessSettings, StartError, run};
use server::tasks::TaskSet;
use simulator::player::{Pace, Player};
use simulator::providers::Providers;
use simulator::publisher::Publisher;
use simulator::pubsub::PushSubscription;
use simulator::stack::Stack;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

struct Demo {
    process: ProcessSettings,
    interceptor_port: u16,
    project: String,
    /// `AUTH_OPTION`; nothing for everybody.
    option: String,
    play: bool,
    pace: Pace,
}

impl Config for Demo {
    fn process(&self) -> &ProcessSettings {
        &self.process
    }
}

fn main() -> ExitCode {
    run(read, start)
}

fn read(env: Env) -> Result<Demo, ConfigError> {
    let mut env = env.reader();
    // Everybody may register with the demo, so it is for this machine only.
    let process = ProcessSettings { address: Ipv4Addr::LOCALHOST.into(), ..ProcessSettings::read(&mut env) };
    let demo = Demo {
        process,
        interceptor_port: env.parse("INTERCEPTOR_PORT", "a port number, 0 to 65535", 8081),
        project: env.text_or("GCP_PROJECT_ID", "demo-project"),
        option: env.text_or("AUTH_OPTION", "Skip"),
        play: env.flag("PLAY_CONVERSATION", true),
        pace: Pace::read(&mut env),
    };
    env.finish(demo)
}

async fn start(demo: Demo, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let port = demo.interceptor_port;
    let interceptor = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| StartError::Listen(port, error))?;
    let setup = |error: Box<dyn std::error::Error + Send + Sync>| StartError::Setup(error);
    let tasks = TaskSet::default();
    let auth = auth(&demo.option, &tasks).await?;
    let stack = Stack::start(&demo.project, auth, listener, interceptor).await.map_err(|error| setup(error.into()))?;
    if demo.play {
        let subscription =
            PushSubscription::new(format!("http://{}", stack.interceptor)).map_err(|error| setup(error.into()))?;
        let dialogflow = Some(stack.dialogflow.clone());
        let player = Player { publisher: Publisher::Push(subscription), dialogflow, pace: demo.pace };
        tasks.spawn("players", player.play_everything(demo.project, tasks.stop_signal()));
    }
    let (address, port) = (stack.connector, stack.connector.port());
    tracing::info!(%address, "the demo is listening: open http://localhost:{port} in a browser; Ctrl-C ends it");
    stop.cancelled().await;
    tasks.shut_down(std::time::Duration::from_secs(2)).await;
    stack.shut_down().await;
    Ok(())
}

/// Who may register: everybody, or the one agent of a provider that is played.
async fn auth(option: &str, tasks: &TaskSet) -> Result<AuthSettings, StartError> {
    let setup = |error: Box<dyn std::error::Error + Send + Sync>| StartError::Setup(error);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| setup(error.into()))?;
    let providers = Providers::at(listener.local_addr().map_err(|error| setup(error.into()))?)
        .map_err(|_| setup("no key".into()))?;
    let environment = providers.environment().into_iter().chain([("AUTH_OPTION", option.to_owned())]);
    let mut env = environment.collect::<Env>().reader();
    let settings = AuthSettings::read(&mut env);
    let settings = env.finish(settings).map_err(|error| setup(error.into()))?;
    if option != "Skip" {
        let token = providers.token(option).map_err(|error| setup(error.into()))?;
        tracing::info!(option, token, "sign in with this token");
    }
    tasks.spawn("providers", serve(listener, providers.router(), HttpLimits::default(), tasks.stop_signal()));
    Ok(settings)
}

//! `make demo`: both services in one process, and conversations that are played into them.

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use connector::auth::settings::AuthSettings;
use connector::variables::AuthOption;
use server::cli::Program;
use server::http::{HttpLimits, serve};
use server::process::{Listening, ProcessSettings, StartError, run};
use server::tasks::TaskSet;
use settings::kinds::Choice as _;
use settings::{ConfigError, Env};
use simulator::player::{Pace, Player};
use simulator::providers::Providers;
use simulator::pubsub::{Publisher, PushSubscription};
use simulator::stack::Stack;
use simulator::variables::{ALL_OF_DEMO, AUTH_OPTION, GCP_PROJECT_ID, INTERCEPTOR_PORT, PLAY_CONVERSATION};
use tokio::net::TcpListener;

const PROGRAM: Program =
    Program { name: "demo", about: "Runs both services and plays conversations into them.", variables: ALL_OF_DEMO };

struct DemoSettings {
    interceptor_port: u16,
    project: String,
    option: AuthOption,
    play: bool,
    pace: Pace,
}

fn main() -> ExitCode {
    run(&PROGRAM, read, start)
}

fn read(env: Env) -> Result<(ProcessSettings, DemoSettings), ConfigError> {
    let mut env = env.reader();
    let demo = DemoSettings {
        interceptor_port: INTERCEPTOR_PORT.read(&mut env),
        project: GCP_PROJECT_ID.read(&mut env),
        option: AUTH_OPTION.read(&mut env),
        play: PLAY_CONVERSATION.read(&mut env),
        pace: Pace::read(&mut env),
    };
    let process = ProcessSettings::read(&mut env, Some(demo.project.clone()));
    // Anyone can register with the demo, so it is for this machine only.
    env.finish(Some((ProcessSettings { address: Ipv4Addr::LOCALHOST.into(), ..process }, demo)))
}

async fn start(demo: DemoSettings, listening: Listening) -> Result<(), StartError> {
    let port = demo.interceptor_port;
    let interceptor = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| StartError::Listen(port, error))?;
    let tasks = TaskSet::default();
    let auth = auth(demo.option, &tasks).await?;
    let stack = Stack::start(&demo.project, auth, listening.listener, interceptor).await?;
    if demo.play {
        let subscription = PushSubscription::new(format!("http://{}", stack.interceptor)).map_err(StartError::setup)?;
        let dialogflow = Some(stack.dialogflow.clone());
        let player = Player { publisher: Publisher::Push(subscription), dialogflow, pace: demo.pace };
        tasks.spawn("players", player.play_everything(demo.project, tasks.stop_signal()));
    }
    let (address, port) = (listening.address, listening.address.port());
    tracing::info!(%address, "the demo is listening: open http://localhost:{port} in a browser; Ctrl-C ends it");
    listening.stop.cancelled().await;
    tasks.shut_down(Duration::from_secs(2)).await;
    stack.shut_down().await;
    Ok(())
}

/// Plays the identity provider `option`, whose one agent may register; with `Skip` anyone may.
async fn auth(option: AuthOption, tasks: &TaskSet) -> Result<AuthSettings, StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(StartError::setup)?;
    let address = listener.local_addr().map_err(StartError::setup)?;
    let providers = Providers::at(address).map_err(|_| StartError::setup("no key"))?;
    let name = AuthOption::ALL.iter().find(|(_, known)| *known == option).map_or("", |(name, _)| name);
    let environment = providers.environment().into_iter().chain([("AUTH_OPTION", name.to_owned())]);
    let mut env = environment.collect::<Env>().reader();
    let settings = AuthSettings::read(&mut env);
    let settings = env.finish(Some(settings)).map_err(StartError::setup)?;
    if option != AuthOption::Skip {
        let token = providers.token(name).map_err(StartError::setup)?;
        tracing::info!(option = name, token, "sign in with this token");
    }
    tasks.spawn("providers", serve(listener, providers.router(), HttpLimits::default(), tasks.stop_signal()));
    Ok(settings)
}

//! Plays conversations into an interceptor that runs elsewhere, again and again, as Pub/Sub would deliver them; or into the
//! real Pub/Sub emulator.

use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use event::ConversationName;
use server::env::{ConfigError, Env};
use server::http::{HttpLimits, serve};
use server::process::{Config, ProcessSettings, StartError, run};
use server::tasks::TaskSet;
use simulator::player::{Pace, Player};
use simulator::publisher::{Publisher, Topics};
use simulator::pubsub::PushSubscription;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long the push that is under way may still take at the end.
const LAST_PUSH: Duration = Duration::from_secs(2);

struct Settings {
    process: ProcessSettings,
    interceptor: String,
    /// `HOST:PORT` of the Pub/Sub emulator, if events go through it.
    emulator: Option<String>,
    project: String,
    pace: Pace,
}

impl Config for Settings {
    fn process(&self) -> &ProcessSettings {
        &self.process
    }
}

fn main() -> ExitCode {
    run(read, start)
}

fn read(env: Env) -> Result<Settings, ConfigError> {
    let mut env = env.reader();
    let process = ProcessSettings::read(&mut env);
    let interceptor = env.text_or("INTERCEPTOR_URL", "http://localhost:8081").trim_end_matches('/').to_owned();
    let project = env.text_or("GCP_PROJECT_ID", "demo-project");
    if format!("projects/{project}/conversations/c").parse::<ConversationName>().is_err() {
        env.problem("GCP_PROJECT_ID", format!("{project:?}"), "the id of a project");
    }
    let emulator = env.text("PUBSUB_EMULATOR_HOST").map(str::to_owned);
    let pace = Pace::read(&mut env);
    env.finish(Settings { process, interceptor, emulator, project, pace })
}

impl Settings {
    fn publisher(&self) -> reqwest::Result<Publisher> {
        Ok(match &self.emulator {
            Some(host) => Publisher::Emulator(Topics::new(host, &self.project)?),
            None => Publisher::Push(PushSubscription::new(&self.interceptor)?),
        })
    }
}

async fn start(settings: Settings, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let publisher = settings.publisher().map_err(|error| StartError::Setup(error.into()))?;
    let to = settings.emulator.as_ref().unwrap_or(&settings.interceptor);
    let address = listener.local_addr().map_err(|error| StartError::Setup(error.into()))?;
    tracing::info!(%address, project = settings.project, to, "player is listening and plays");
    let player = Player { publisher, dialogflow: None, pace: settings.pace };
    let tasks = TaskSet::default();
    tasks.spawn("players", player.play_everything(settings.project, tasks.stop_signal()));
    serve(listener, Router::new().route("/live", get("ok")), HttpLimits::default(), stop).await;
    tasks.shut_down(LAST_PUSH).await;
    Ok(())
}

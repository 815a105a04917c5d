//! Plays conversations into an interceptor that runs elsewhere, again and again, as Pub/Sub would deliver them; or into the
//! real Pub/Sub emulator.

use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use server::cli::Program;
use server::http::{HttpLimits, serve};
use server::process::{Listening, ProcessSettings, StartError, run};
use server::tasks::TaskSet;
use settings::{ConfigError, Env};
use simulator::player::{Pace, Player};
use simulator::pubsub::{Publisher, PushSubscription, Topics};
use simulator::variables::{ALL_OF_PLAYER, GCP_PROJECT_ID, INTERCEPTOR_URL, PUBSUB_EMULATOR_HOST};

const PROGRAM: Program =
    Program { name: "player", about: "Plays conversations into an interceptor.", variables: ALL_OF_PLAYER };
/// How long the push that is under way may still take at the end.
const LAST_PUSH: Duration = Duration::from_secs(2);

struct PlayerSettings {
    interceptor: String,
    /// `HOST:PORT` of the Pub/Sub emulator, if events go through it.
    emulator: Option<String>,
    project: String,
    pace: Pace,
}

fn main() -> ExitCode {
    run(&PROGRAM, read, start)
}

fn read(env: Env) -> Result<(ProcessSettings, PlayerSettings), ConfigError> {
    let mut env = env.reader();
    let settings = PlayerSettings {
        interceptor: INTERCEPTOR_URL.read(&mut env).trim_end_matches('/').to_owned(),
        emulator: PUBSUB_EMULATOR_HOST.read(&mut env),
        project: GCP_PROJECT_ID.read(&mut env),
        pace: Pace::read(&mut env),
    };
    let process = ProcessSettings::read(&mut env, Some(settings.project.clone()));
    env.finish(Some((process, settings)))
}

impl PlayerSettings {
    fn publisher(&self) -> reqwest::Result<Publisher> {
        Ok(match &self.emulator {
            Some(host) => Publisher::Emulator(Topics::new(host, &self.project)?),
            None => Publisher::Push(PushSubscription::new(&self.interceptor)?),
        })
    }
}

async fn start(settings: PlayerSettings, listening: Listening) -> Result<(), StartError> {
    let publisher = settings.publisher().map_err(StartError::setup)?;
    let to = settings.emulator.as_ref().unwrap_or(&settings.interceptor);
    tracing::info!(address = %listening.address, project = settings.project, to, "player is listening and plays");
    let player = Player { publisher, dialogflow: None, pace: settings.pace };
    let tasks = TaskSet::default();
    tasks.spawn("players", player.play_everything(settings.project, tasks.stop_signal()));
    let router = Router::new().route("/live", get("ok"));
    serve(listening.listener, router, HttpLimits::default(), listening.stop).await;
    tasks.shut_down(LAST_PUSH).await;
    Ok(())
}

//! Plays a conversation into an interceptor that runs elsewhere, again and again, as Pub/Sub would deliver it.

use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use event::ConversationName;
use service::env::{ConfigError, Env};
use service::http::{HttpLimits, serve};
use service::process::{Config, ProcessSettings, StartError, run};
use service::tasks::TaskSet;
use simulator::player::{CONVERSATION, Player};
use simulator::publisher::Publisher;
use simulator::pubsub::PushSubscription;
use simulator::script::Script;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long the push that is under way may still take at the end.
const LAST_PUSH: Duration = Duration::from_secs(1);

struct Settings {
    process: ProcessSettings,
    interceptor: String,
    conversation: ConversationName,
    speed: f64,
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
    let Ok(conversation) = format!("projects/{project}/conversations/{CONVERSATION}").parse() else {
        env.problem("GCP_PROJECT_ID", format!("{project:?}"), "the id of a project");
        return env.fail();
    };
    let speed = env.parse_within("PLAY_SPEED", "0.01 to 1000", 1.0, |speed| (0.01..=1000.0).contains(speed));
    env.finish(Settings { process, interceptor, conversation, speed })
}

async fn start(settings: Settings, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let script = Script::late_parcel().map_err(|error| StartError::Setup(error.into()))?;
    let subscription = PushSubscription::new(&settings.interceptor).map_err(|error| StartError::Setup(error.into()))?;
    let player = Player { publisher: Publisher::Push(subscription), dialogflow: None, speed: settings.speed };
    tracing::info!(conversation = %settings.conversation, interceptor = settings.interceptor, "playing");
    let tasks = TaskSet::default();
    tasks.spawn("player", player.play_for_ever(script, settings.conversation, tasks.stop_signal()));
    serve(listener, Router::new().route("/live", get("ok")), HttpLimits::default(), stop).await;
    tasks.shut_down(LAST_PUSH).await;
    Ok(())
}

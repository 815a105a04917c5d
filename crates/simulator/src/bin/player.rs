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
use simulator::player::{CONVERSATION, play_for_ever};
use simulator::pubsub::PushSubscription;
use simulator::script::Script;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long the push that is under way may still take at the end.
const LAST_PUSH: Duration = Duration::from_secs(1);

struct Player {
    process: ProcessSettings,
    interceptor: String,
    conversation: ConversationName,
}

impl Config for Player {
    fn process(&self) -> &ProcessSettings {
        &self.process
    }
}

fn main() -> ExitCode {
    run(read, start)
}

fn read(env: Env) -> Result<Player, ConfigError> {
    let mut env = env.reader();
    let process = ProcessSettings::read(&mut env);
    let interceptor = env.text_or("INTERCEPTOR_URL", "http://localhost:8081").trim_end_matches('/').to_owned();
    let project = env.text_or("GCP_PROJECT_ID", "demo-project");
    let Ok(conversation) = format!("projects/{project}/conversations/{CONVERSATION}").parse() else {
        env.problem("GCP_PROJECT_ID", format!("{project:?}"), "the id of a project");
        return env.fail();
    };
    env.finish(Player { process, interceptor, conversation })
}

async fn start(player: Player, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
    let script = Script::late_parcel().map_err(|error| StartError::Setup(error.into()))?;
    let subscription = PushSubscription::new(&player.interceptor).map_err(|error| StartError::Setup(error.into()))?;
    tracing::info!(conversation = %player.conversation, interceptor = player.interceptor, "playing");
    let tasks = TaskSet::default();
    tasks.spawn("player", play_for_ever(script, player.conversation, subscription, tasks.stop_signal()));
    serve(listener, Router::new().route("/live", get("ok")), HttpLimits::default(), stop).await;
    tasks.shut_down(LAST_PUSH).await;
    Ok(())
}

//! The variables that the demo and the player read besides those of every process.

use connector::variables::AuthOption;
use settings::Variable;
use settings::kinds::{Flag, Number, OneOf, Port, ProjectId, Text};

settings::settings! {
    /// What the demo and the player read.
    pub const PLAY;

    /// Project of the simulated conversations.
    GCP_PROJECT_ID: ProjectId = "demo-project";
    /// Speed of the simulated conversations, in multiples of normal speech.
    PLAY_SPEED: Number<1, 1000> = "1";
    /// Number of further simulated conversations at the same time, `load-1` and so on.
    PLAY_CROWD: Number<0, 10000> = "0";
}

settings::settings! {
    /// What the demo alone reads.
    pub const DEMO;

    /// Identity provider of the demo: a stand-in for the one of that name.
    AUTH_OPTION: OneOf<AuthOption> = "Skip";
    /// Port of the interceptor, on 127.0.0.1 only.
    INTERCEPTOR_PORT: Port = "8081";
    /// Whether simulated conversations run, again and again.
    PLAY_CONVERSATION: Flag = "true";
}

settings::settings! {
    /// What the player alone reads.
    pub const PLAYER;

    /// URL of the interceptor to push to.
    INTERCEPTOR_URL: Text = "http://localhost:8081";
    /// The Pub/Sub emulator to publish to instead, `HOST:PORT`. Its topics must exist.
    PUBSUB_EMULATOR_HOST: Option<Text>;
}

/// All that the demo reads, in tables.
pub const ALL_OF_DEMO: &[&[Variable]] = &[server::variables::PROCESS, PLAY, DEMO];
/// All that the player reads, in tables.
pub const ALL_OF_PLAYER: &[&[Variable]] = &[server::variables::PROCESS, PLAY, PLAYER];

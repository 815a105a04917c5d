//! What is played, and what is read off.

mod end_to_end;
mod fan_out;
mod figures;
mod handshake;
mod idle_memory;
mod interceptor;
mod load;
mod proxy;
mod ramp;
mod start;

use std::io;

use crate::{
    deployment::{ProcessError, Target},
    desktop::DesktopError,
    measure::UsageError,
    plan::Plan,
    report::Figure,
    wire::http::HttpError,
};

/// The scenarios, by the names that the command line knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// Memory of a desktop that is connected and idle.
    IdleMemory,
    /// Connecting with a token, joining, leaving.
    Handshake,
    /// From the push to the desktop, at fixed rates, one desktop for each conversation.
    EndToEnd,
    /// The interceptor alone, as fast as it goes.
    Interceptor,
    /// From the start of each program to its first answer.
    Start,
    /// Calls to Dialogflow through the connector, and through nginx.
    Proxy,
    /// One conversation with many desktops.
    FanOut,
    /// The highest rate that is still delivered.
    Ramp,
}

impl Scenario {
    /// What is played unless others are asked for.
    pub const DEFAULT: [Self; 7] =
        [Self::IdleMemory, Self::Handshake, Self::EndToEnd, Self::Interceptor, Self::Start, Self::Proxy, Self::FanOut];

    /// Starts the target, plays the scenario, and stops the target.
    ///
    /// # Errors
    /// When the target does not do what it should; a figure is not produced then.
    pub async fn play(self, target: &Target, plan: &Plan) -> Result<Vec<Figure>, ScenarioError> {
        let is_about_events = matches!(self, Self::EndToEnd | Self::Interceptor | Self::Ramp);
        if matches!(target, Target::WithoutLog { .. }) && !is_about_events {
            return Ok(Vec::new());
        }
        match self {
            Self::IdleMemory => idle_memory::play(target, plan).await,
            Self::Handshake => handshake::play(target, plan).await,
            Self::EndToEnd => end_to_end::play(target, plan).await,
            Self::Interceptor => interceptor::play(target, plan).await,
            Self::Start => start::play(target, plan).await,
            Self::Proxy => proxy::play(target, plan).await,
            Self::FanOut => fan_out::play(target, plan).await,
            Self::Ramp => ramp::play(target, plan).await,
        }
    }
}

/// Why a scenario could not be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A process did not start.
    #[error("the target does not run")]
    Process(#[from] ProcessError),
    /// A desktop could not connect.
    #[error("the desktops cannot connect")]
    Desktop(#[from] DesktopError),
    /// The desktops got no tokens.
    #[error("the desktops cannot register")]
    Register(#[from] HttpError),
    /// A process ended while it was measured.
    #[error("a process cannot be measured")]
    Usage(#[from] UsageError),
    /// This program has no timer.
    #[error("no timer")]
    Timer(#[from] io::Error),
    /// The target lacks a process that the scenario is about.
    #[error("there is no process to measure")]
    NoProcess,
}

//! The scenarios, and the figures that each gives.

mod load;
mod proxy;
mod single;

use clap::ValueEnum;

use crate::plan::LoadPlan;
use crate::report::Figure;
use crate::target::Target;

/// The scenarios, by the names that the command line knows, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Memory of a desktop that is connected and idle
    IdleMemory,
    /// Connecting with a token, joining, leaving
    Handshake,
    /// From the push to the desktop, at fixed rates, one desktop for each conversation
    EndToEnd,
    /// The interceptor alone, as fast as it goes
    Interceptor,
    /// From the start of each program to its first answer
    Start,
    /// Calls of Dialogflow through the connector, and through nginx
    Proxy,
    /// One conversation with many desktops
    FanOut,
}

impl Scenario {
    /// Starts a target, plays the scenario with it, and stops it.
    pub(crate) async fn play(self, target: Target, plan: &LoadPlan) -> Vec<Figure> {
        match self {
            Self::IdleMemory => single::idle_memory(target, plan).await,
            Self::Handshake => single::handshake(target, plan).await,
            Self::EndToEnd => load::end_to_end(target, plan).await,
            Self::Interceptor => single::interceptor(target, plan).await,
            Self::Start => single::start(target, plan).await,
            Self::Proxy => proxy::play(target, plan).await,
            Self::FanOut => load::fan_out(target, plan).await,
        }
    }
}

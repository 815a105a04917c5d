//! What every process of ours needs: command line, telemetry, HTTP serving, tasks and shutdown.

pub mod address;
pub mod authorization;
pub mod body;
pub mod cli;
pub mod client;
mod healthcheck;
pub mod http;
pub mod load;
pub mod metrics;
pub mod process;
pub mod request_log;
pub mod tasks;
pub mod telemetry;
mod trace;
pub mod util;
pub mod variables;

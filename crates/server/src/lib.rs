//! What every process of ours needs: environment, telemetry, HTTP serving, tasks and shutdown.
//! It knows nothing of conversations.

pub mod address;
pub mod client;
pub mod env;
pub mod http;
pub mod load;
pub mod metrics;
pub mod process;
pub mod redis;
pub mod request_log;
pub mod tasks;
pub mod telemetry;
mod trace;

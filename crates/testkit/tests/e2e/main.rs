//! End-to-end tests: the real processes, a real Redis and real desktops.
//!
//! `make test` installs what they need. They share a Redis, unless they break it. What takes long by nature is ignored
//! here; `make test-slow` runs it.
#![expect(clippy::expect_used, reason = "a helper of a test has no better answer to a surprise than to fail")]

mod bad_pushes;
mod balanced;
mod client_library;
mod client_matrix;
mod command_line;
mod configuration;
mod console;
mod delivery;
mod deploy;
mod emulator;
mod half_open;
mod life;
mod limits;
mod logs;
mod metrics;
mod mixed_fleet;
mod network_loss;
mod outage;
mod protocol_errors;
mod proxy;
mod pull;
mod redis_trouble;
mod secrets;
mod sign_in;
mod simulated_dialogflow;
mod slow_reader;
mod variables;

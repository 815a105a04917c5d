//! What the tests are written with: servers, processes, clients, and the services of others on this machine.
//!
//! A test waits for conditions ([`wait`]) and has a project of its own ([`names`]), because most tests share one Redis
//! ([`redis::shared`]). Whatever goes wrong here fails the test.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a helper that fails fails its test")]

pub mod browser;
pub mod deployment;
pub mod desktop;
pub mod emulator;
pub mod http;
pub mod names;
pub mod network;
pub mod process;
pub mod push;
pub mod redis;
mod run;
pub mod signing;
pub mod socketio;
pub mod tools;
pub mod upstream;
pub mod wait;

//! What the tests are written with: servers, processes, clients, and the services of others on this machine.
//!
//! A test waits for conditions ([`until`]) and has a project of its own ([`project`]), because most tests share one Redis
//! ([`redis::shared`]). Whatever goes wrong here fails the test.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a helper that fails fails its test")]

mod browser;
mod deployment;
mod desktop;
mod driver;
mod emulator;
mod http;
mod names;
mod network;
mod process;
mod push;
pub mod redis;
mod run;
pub mod signing;
pub mod socketio;
mod tools;
mod upstream;
mod wait;

pub use browser::{Page, serve};
pub use deployment::{Deployment, SECRET, registered};
pub use desktop::{ClientLibrary, Desktop, Transports};
pub use driver::Driver;
pub use emulator::Emulator;
pub use http::{http, response, status};
pub use names::{conversation, project, talk};
pub use network::{Proxy, Weather};
pub use process::{Launch, Process, free_port};
pub use push::{KINDS, Push, assert_payload, assert_payloads};
pub use tools::{build_folder, missing, program, repository, temporary_file};
pub use upstream::{Seen, Upstream, endless};
pub use wait::{PATIENCE, eventually, in_time, until};

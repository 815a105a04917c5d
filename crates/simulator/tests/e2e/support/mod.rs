//! What the tests are written in terms of.

mod console;
mod deployment;
mod desktop;
mod emulator;
pub(crate) mod internet;
mod page;
mod ports;
mod process;
mod push;
mod raw;
mod wait;

pub(crate) use console::Console;
pub(crate) use deployment::{Deployment, PROJECT, SECRET};
pub(crate) use desktop::{ClientLibrary, Desktop, Transports};
pub(crate) use emulator::Emulator;
pub(crate) use page::{Page, browser};
pub(crate) use ports::free_port;
pub(crate) use process::{Process, http, in_clients};
pub(crate) use push::{Push, assert_payload, assert_payloads};
pub(crate) use raw::{PollingClient, WebSocketClient};
pub(crate) use wait::{PATIENCE, eventually, in_time};

/// Says something that is seen even when the test passes and its output is captured.
pub(crate) fn announce(text: &str) {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "{text}").expect("stderr");
}

#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod engine;
mod frame;
mod peer;
mod reason;
mod settings;
pub mod socket;

pub use engine::relay::{Asking, Relay};
pub use frame::Frame;
pub use peer::Peer;
pub use reason::{Closed, Reason, Unsent};
pub use settings::Settings;
pub use socket::{Accepted, AckId, Application, ConnectRequest, Event, Refused, Server, Socket};

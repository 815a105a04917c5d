#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod application;
mod client;
mod engine;
mod frame;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod packet;
mod reason;
mod server;
mod settings;
mod socket;

pub use application::{Accepted, Application, ClientEvent, ConnectRequest, Refused};
pub use engine::library::ClientLibrary;
pub use engine::{PeerMessenger, RemoteIp};
pub use frame::{AckId, Frame};
pub use reason::{Closed, Reason, Unsent};
pub use server::Server;
pub use settings::SocketSettings;
pub use socket::Socket;

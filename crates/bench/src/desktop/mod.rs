//! Agent desktops: Socket.IO clients that cost so little that thousands of them fit beside what they measure.

mod connection;
mod fleet;
mod observer;
mod register;
mod session;

pub use connection::{Desktop, DesktopError, Login};
pub use fleet::{Fleet, FleetPlan, source_address};
pub use observer::Observer;
pub use register::{TokenPool, register};
pub use session::ProtocolError;

//! The server's end of a WebSocket, made for many connections that are idle most of the time.
//!
//! Specification: <https://www.rfc-editor.org/rfc/rfc6455>. Frame headers are tungstenite's. Its `WebSocket` is not
//! used, because it keeps its buffers at the size of the largest message that ever passed, in each direction; here a
//! connection with nothing to read or write owns no buffer at all.

mod accept;
mod channel;
pub mod decoder;
mod writer;

pub(crate) use self::{accept::Accept, channel::Channel};

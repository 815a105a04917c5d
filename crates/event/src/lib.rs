//! What the two services agree on: conversation names, event kinds, payloads and positions. Pure types, no I/O.
//!
//! An event travels as a [`Payload`]: the JSON object that the interceptor writes, that Redis
//! keeps and that the agent desktop receives. Its place in the log is its [`Position`].

mod connector;
mod conversation;
mod fingerprint;
mod kind;
mod payload;
mod position;
mod resume_token;
mod times;

pub use connector::ConnectorId;
pub use conversation::{ConversationName, InvalidConversationName};
pub use fingerprint::Fingerprint;
pub use kind::{EventKind, UnknownEventKind};
pub use payload::{Payload, PayloadError, RecognitionAttributes};
pub use position::{InvalidPosition, Position};
pub use resume_token::ResumeToken;

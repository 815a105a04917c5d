//! The events of a benchmark: what is pushed, and how a desktop recognises it.

mod conversations;
mod marker;
mod push;

pub use conversations::Conversations;
pub use marker::Marker;
pub use push::PushWriter;

//! A client of `WebChannel`, the streaming protocol of Google's browser libraries
//! (<https://github.com/google/closure-library/blob/master/closure/goog/labs/net/webchannel.js>). It knows nothing of desktops.
//!
//! A session is opened by a POST. Further POSTs carry messages up; an answer without end, the back channel, carries
//! [chunks] down, which hold [messages].

mod chunks;
mod messages;
mod session;

pub(crate) use messages::ChannelMessage;
pub(crate) use session::{BackChannel, ChannelError, WebChannel};

//! What a call to Dialogflow costs on its way: the upstream, the peer, and the callers.

mod callers;
mod nginx;
mod upstream;

pub use callers::{Calls, call};
pub use nginx::Nginx;
pub use upstream::Upstream;

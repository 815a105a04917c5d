//! The Dialogflow proxy: what a desktop may ask Dialogflow, with our credentials in the place of its own.
//!
//! A request comes through `forward`, which asks `offer` whether there is such a method, `path` whether the path is
//! what it seems, and `upstream` for the answer; `headers` says what passes in either direction.

mod error;
mod forward;
mod headers;
mod json_body;
mod offer;
mod path;
pub mod settings;
mod upstream;

pub(crate) use forward::{Proxy, router};

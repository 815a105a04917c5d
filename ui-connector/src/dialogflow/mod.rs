//! The Dialogflow proxy: calls of desktops, sent with the credentials of the connector.
//!
//! `forward` serves a request. `methods` is the table of the methods on offer, `path` rejects ambiguous paths, `json_body`
//! reads the body, `headers` filters headers in both directions, and `upstream` sends the call.

mod error;
mod forward;
mod headers;
mod json_body;
mod methods;
mod path;
pub mod settings;
pub(crate) mod upstream;

pub(crate) use forward::router;

//! Just enough HTTP, WebSocket and clockwork for a client that costs little beside the services it measures.

pub mod clock;
pub mod http;
pub mod ticker;
pub mod websocket;

//! A Socket.IO 5 server over Engine.IO 4 for axum.

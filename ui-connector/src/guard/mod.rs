//! What keeps one client from taking the service away from the others.

pub mod refusals;
pub mod settings;

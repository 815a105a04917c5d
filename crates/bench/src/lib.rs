//! Plays desktops and Pub/Sub pushes against the services and measures them.
//!
//! A program, not a test: it starts the real binaries beside a Redis of their own, puts them under load, and prints
//! what that cost next to the goals and next to a bare relay that does only the least.

pub mod deployment;
pub mod desktop;
pub mod event;
pub mod limits;
pub mod measure;
pub mod plan;
pub mod pusher;
pub mod report;
pub mod scenario;
pub mod wire;

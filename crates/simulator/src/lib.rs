//! Simulations of Dialogflow, Cloud Pub/Sub and identity providers over real HTTP, and the demo that is made of them.

mod advice;
pub mod dialogflow;
pub mod notification;
pub mod player;
pub mod providers;
pub mod pubsub;
pub mod script;
pub mod stack;
pub mod variables;

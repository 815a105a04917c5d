//! The outside world over real HTTP, and the demo: what plays Dialogflow and Cloud Pub/Sub where
//! there is no Google Cloud project.

mod advice;
pub mod dialogflow;
pub mod notification;
pub mod player;
pub mod providers;
pub mod publisher;
pub mod pubsub;
pub mod script;
pub mod stack;
pub mod variables;

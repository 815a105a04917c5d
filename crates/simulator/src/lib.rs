//! The outside world over real HTTP, and the demo: what plays Dialogflow and Cloud Pub/Sub where
//! there is no Google Cloud project.

pub mod network;
pub mod player;
pub mod pubsub;
pub mod script;
pub mod stack;

//! Receives Cloud Pub/Sub push requests and records their events.

//! What every broker promises, asked of each implementation, and what only a broker on a real
//! Redis can be asked.
#![expect(clippy::unwrap_used, reason = "a test fails where it is")]

extern crate agent_assist_broker as broker;

mod delivery;
mod keys;
mod memory_time;
mod model;
mod peer_messages;
mod reading;
mod recording;
mod redis_cluster;
mod redis_interop;
mod redis_limits;
mod redis_loss;
mod redis_replicas;
mod redis_settings;
mod stage;

/// Runs each of the named functions once per implementation, each time on a stage of its own.
#[macro_export]
macro_rules! contract {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::stage::Stage::memory(Default::default())).await;
            })+
        }
        mod redis {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::stage::Stage::redis(Default::default()).await).await;
            })+
        }
        mod cluster {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::stage::Stage::cluster(Default::default()).await).await;
            })+
        }
    };
}

//! Plays desktops and Pub/Sub pushes against the services and measures them.
//!
//! A program, not a test: it starts the real binaries beside a Redis of their own, puts them under load, and prints
//! what that cost next to the goals and next to a bare relay that does only the least.
//!
//! ```text
//! cargo build --release && cargo build --release -p agent-assist-bench --examples
//! target/release/agent-assist-bench            # all scenarios but `ramp`, three rounds: about ten minutes
//! target/release/agent-assist-bench --quick    # one short round, for a first impression
//! target/release/agent-assist-bench end-to-end --rounds 5
//! ```
//!
//! It needs a `redis-server` on the `PATH` and room for 10,000 open files in each process. Only figures of one run can
//! be compared, and only of a machine that did nothing else: the load average stands above the table.

pub mod deployment;
pub mod desktop;
pub mod event;
pub mod limits;
pub mod measure;
pub mod plan;
pub mod proxy;
pub mod pusher;
pub mod report;
pub mod scenario;
pub mod wire;

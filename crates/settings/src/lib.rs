//! Settings from environment variables, each declared once.
//!
//! A table made with [`settings!`] gives each variable its name, [kind](kinds), default and meaning. How it is read, what an
//! error says about it, `--help` and `docs/CONFIGURATION.md` follow from that declaration, and a variable that is in no table
//! cannot be read.

mod env;
pub mod kinds;
mod setting;
mod variable;

pub use env::{ConfigError, Env, Problem, Reader};
pub use setting::{Kind, Setting};
pub use variable::Variable;

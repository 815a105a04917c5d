//! The identity providers that can be chosen by name.

mod nobody;
mod skip;

pub use nobody::Nobody;
pub use skip::Skip;

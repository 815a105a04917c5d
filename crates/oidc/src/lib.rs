//! Verifies tokens that others have signed: `OpenID` Connect discovery, JSON Web Key Sets, ID tokens.
//!
//! [`Verifier`] is the way in. It looks up the key of a token in a set that is [fetched](jwks) when it is needed, has
//! the signature checked, and then reads the [claims].

pub mod claims;
pub mod jwks;
mod verifier;

pub use claims::{Claims, Expected, InvalidClaim, InvalidDate, numeric_date};
pub use jwks::{KeySet, KeysUnavailable, Source};
pub use verifier::{Invalid, Verifier, VerifyError, claims_without_signature, signature_alone};

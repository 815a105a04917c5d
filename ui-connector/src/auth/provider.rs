//! Who decides whether somebody may register.

use std::str::FromStr;

/// The identity provider that `AUTH_OPTION` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthOption {
    /// `AUTH_OPTION` is empty: nobody can register.
    Nobody,
    /// `Skip`: everybody can. For tests and demonstrations.
    Skip,
}

impl AuthOption {
    /// Whether the bearer of `authorization` may have a token.
    pub fn admits(self, _authorization: Option<&str>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Skip => true,
        }
    }
}

impl FromStr for AuthOption {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self::Nobody),
            "Skip" => Ok(Self::Skip),
            _ => Err(()),
        }
    }
}

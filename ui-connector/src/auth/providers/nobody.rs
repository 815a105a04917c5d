use async_trait::async_trait;

use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};

/// An empty `AUTH_OPTION`: nobody can register.
pub struct Nobody;

impl Nobody {
    /// What logs and metrics call it.
    pub const NAME: &'static str = "none";
}

#[async_trait]
impl IdentityProvider for Nobody {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn verify(&self, _: &PlatformToken) -> Result<Admission, Refusal> {
        Err(Refusal::Denied("nobody can register, because AUTH_OPTION is empty".into()))
    }

    fn announce(&self) {
        tracing::warn!("AUTH_OPTION is empty: nobody can register");
    }
}

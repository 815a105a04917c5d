use async_trait::async_trait;

use crate::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};

/// An empty `AUTH_OPTION`: nobody can register.
pub struct Nobody;

#[async_trait]
impl IdentityProvider for Nobody {
    fn name(&self) -> &'static str {
        "none"
    }

    async fn verify(&self, _: &PlatformToken) -> Result<Admission, Refusal> {
        Err(Refusal::Denied("nobody can register, because AUTH_OPTION is empty".into()))
    }
}

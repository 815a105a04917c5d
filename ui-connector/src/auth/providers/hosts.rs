//! Where the environment says that a provider is.

use server::env::EnvReader;

use crate::base_url::{BaseUrl, is_host};

/// The base URL of a `host` that was made of the variable `name`.
pub(super) fn base_url(env: &mut EnvReader, name: &'static str, host: &str) -> Option<BaseUrl> {
    if is_host(host) {
        return Some(BaseUrl::of_host(host));
    }
    env.problem(name, format!("{host:?}"), "a host name, without https:// and path");
    None
}

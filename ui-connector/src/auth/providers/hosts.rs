//! Where the environment says that a provider is.

use service::env::EnvReader;

use crate::base_url::{BaseUrl, is_host};

/// The URL in `replacement`, or the host that is made of the variable `(name, default)`.
pub(super) fn base_url(
    env: &mut EnvReader,
    replacement: &'static str,
    (name, default): (&'static str, &str),
    host: impl Fn(&str) -> String,
) -> Option<BaseUrl> {
    let text = if default.is_empty() { env.required(name, "a host name") } else { env.text_or(name, default) };
    if env.text(replacement).is_some() {
        return BaseUrl::read(env, replacement);
    }
    if text.is_empty() {
        return None;
    }
    let host = host(&text);
    if !is_host(&host) {
        env.problem(name, format!("{text:?}"), "a host name, without https:// and path");
        return None;
    }
    Some(BaseUrl::of_host(&host))
}

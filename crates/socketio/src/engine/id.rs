//! Unguessable ids.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

const TEXT_LEN: usize = 22;

/// 128 random bits from the thread's cryptographic generator, as base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id([u8; TEXT_LEN]);

impl Id {
    pub(crate) const LEN: usize = TEXT_LEN;

    pub(crate) fn random() -> Self {
        let mut text = [b'A'; TEXT_LEN];
        // 16 bytes always make 22 characters, so there is no error to handle.
        let _ = BASE64_URL_SAFE_NO_PAD.encode_slice(rand::random::<[u8; 16]>(), &mut text);
        Self(text)
    }

    /// An id as a client presents it; whether anything has this id is another question.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

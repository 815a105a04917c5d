use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

const ID_LEN: usize = 22;

/// An unguessable id: 128 bits of the thread's cryptographic generator, as base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RandomId([u8; ID_LEN]);

impl RandomId {
    pub(crate) const LEN: usize = ID_LEN;

    pub(crate) fn generate() -> Self {
        let mut text = [b'A'; ID_LEN];
        // 16 bytes always make 22 characters, so there is no error to handle.
        let _ = BASE64_URL_SAFE_NO_PAD.encode_slice(rand::random::<[u8; 16]>(), &mut text);
        Self(text)
    }

    /// Parses an id that a client presents, which need not belong to anything.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

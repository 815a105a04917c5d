//! What is sent to a client, encoded once however many clients get it.

use std::sync::Arc;

use bytes::Bytes;

/// An encoded packet with its attachments, sent with nothing in between. Cloning shares the bytes.
#[derive(Clone, Debug)]
pub struct Frame {
    /// UTF-8, with its Engine.IO packet type; empty if there is none.
    text: Bytes,
    attachments: Option<Arc<[Bytes]>>,
}

impl Frame {
    /// An Engine.IO packet as it stands, its type included.
    pub(crate) fn encoded(text: String) -> Self {
        Self { text: text.into(), attachments: None }
    }

    /// An Engine.IO packet that is always the same.
    pub(crate) const fn fixed(text: &'static str) -> Self {
        Self { text: Bytes::from_static(text.as_bytes()), attachments: None }
    }

    pub(crate) fn with_attachments(text: String, attachments: Vec<Bytes>) -> Self {
        let attachments = (!attachments.is_empty()).then(|| attachments.into());
        Self { text: text.into(), attachments }
    }

    /// A text message of Engine.IO (packet type 4).
    pub fn text(message: &str) -> Self {
        Self::encoded(["4", message].concat())
    }

    /// A binary message of Engine.IO.
    pub fn binary(message: Bytes) -> Self {
        Self { text: Bytes::new(), attachments: Some(Arc::new([message])) }
    }

    /// Bytes of the packet and all its attachments.
    pub fn len(&self) -> usize {
        self.text.len() + self.attachments().iter().map(Bytes::len).sum::<usize>()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.attachments.is_none()
    }

    /// The encoded packet without its attachments: UTF-8, with its Engine.IO packet type.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn attachments(&self) -> &[Bytes] {
        self.attachments.as_deref().unwrap_or_default()
    }

    pub(crate) fn into_parts(self) -> (Option<Bytes>, Option<Arc<[Bytes]>>) {
        ((!self.text.is_empty()).then_some(self.text), self.attachments)
    }
}

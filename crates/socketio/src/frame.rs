//! What is sent to a client, encoded once however many clients get it.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;

/// An encoded packet with its attachments, sent with nothing in between. Cloning shares the bytes.
#[derive(Clone, Debug)]
pub struct Frame {
    /// With its Engine.IO packet type; empty if there is none.
    text: Utf8Bytes,
    attachments: Option<Arc<[Bytes]>>,
}

impl Frame {
    /// An Engine.IO packet as it stands, its type included.
    pub(crate) fn encoded(text: impl Into<Utf8Bytes>) -> Self {
        Self { text: text.into(), attachments: None }
    }

    pub(crate) fn with_attachments(text: String, attachments: Vec<Bytes>) -> Self {
        let attachments = (!attachments.is_empty()).then(|| attachments.into());
        Self { text: text.into(), attachments }
    }

    /// A text message of Engine.IO (packet type 4).
    pub fn text(message: &str) -> Self {
        let mut text = String::with_capacity(1 + message.len());
        text.push('4');
        text.push_str(message);
        Self::encoded(text)
    }

    /// A binary message of Engine.IO.
    pub fn binary(message: Bytes) -> Self {
        Self { text: Utf8Bytes::from_static(""), attachments: Some(Arc::new([message])) }
    }

    /// Bytes of the packet and all its attachments.
    pub fn len(&self) -> usize {
        self.text.as_str().len() + self.attachments().iter().map(Bytes::len).sum::<usize>()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.text.as_str().is_empty() && self.attachments.is_none()
    }

    pub(crate) fn head(&self) -> Option<&Utf8Bytes> {
        (!self.text.as_str().is_empty()).then_some(&self.text)
    }

    pub(crate) fn attachments(&self) -> &[Bytes] {
        self.attachments.as_deref().unwrap_or_default()
    }

    pub(crate) fn into_parts(self) -> (Option<Utf8Bytes>, Option<Arc<[Bytes]>>) {
        ((!self.text.as_str().is_empty()).then_some(self.text), self.attachments)
    }
}

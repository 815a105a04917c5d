use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

/// Number by which a client recognises the answer to its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AckId(pub(crate) u64);

impl From<u64> for AckId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

/// An encoded packet with its attachments, which are sent one after the other with nothing in
/// between. Clones share the bytes, so that a frame is encoded once for all its receivers.
#[derive(Clone, Debug)]
pub struct Frame {
    /// UTF-8 with its Engine.IO packet type. `None` for a binary message of Engine.IO.
    text: Option<Bytes>,
    attachments: Option<Arc<[Bytes]>>,
}

impl Frame {
    /// Encodes an event. `args` are JSON texts, which are copied into the packet as they are.
    pub fn event(namespace: &str, name: &str, args: &[&str]) -> Self {
        Self::encoded(event("42", namespace, name, args))
    }

    /// Encodes an event with attachments, which `args` refer to by placeholders
    /// (`{"_placeholder":true,"num":0}`).
    pub fn binary_event(namespace: &str, name: &str, args: &[&str], attachments: Vec<Bytes>) -> Self {
        let head = format!("45{}-", attachments.len());
        Self::with_attachments(event(&head, namespace, name, args), attachments)
    }

    /// Encodes the answer to an event. `args` is a JSON array.
    pub(crate) fn ack(namespace: &str, id: AckId, args: &str, attachments: Vec<Bytes>) -> Self {
        let head = if attachments.is_empty() { "43".to_owned() } else { format!("46{}-", attachments.len()) };
        let (namespace, comma) = prefix(namespace);
        let text = [&head, namespace, comma, &id.0.to_string(), args].concat();
        Self::with_attachments(text, attachments)
    }

    /// Encodes the answer to a CONNECT that was accepted.
    pub(crate) fn connect(namespace: &str, sid: &str, pid: Option<&str>) -> Self {
        let (namespace, comma) = prefix(namespace);
        let pid = pid.map(|pid| format!(r#","pid":"{}""#, escape(pid))).unwrap_or_default();
        Self::encoded(["40", namespace, comma, r#"{"sid":""#, &escape(sid), "\"", &pid, "}"].concat())
    }

    /// Encodes the answer to a CONNECT that was refused. `data` is JSON.
    pub(crate) fn connect_error(namespace: &str, message: &str, data: Option<&str>) -> Self {
        let (namespace, comma) = prefix(namespace);
        let data = data.map(|data| format!(r#","data":{data}"#)).unwrap_or_default();
        Self::encoded(["44", namespace, comma, r#"{"message":""#, &escape(message), "\"", &data, "}"].concat())
    }

    /// An Engine.IO packet that is encoded already, with its type.
    pub(crate) fn encoded(text: String) -> Self {
        Self { text: Some(text.into()), attachments: None }
    }

    /// An Engine.IO packet that is always the same, with its type.
    pub(crate) const fn fixed(text: &'static str) -> Self {
        Self { text: Some(Bytes::from_static(text.as_bytes())), attachments: None }
    }

    /// A binary message of Engine.IO.
    pub(crate) fn binary(message: Bytes) -> Self {
        Self { text: None, attachments: Some(Arc::new([message])) }
    }

    fn with_attachments(text: String, attachments: Vec<Bytes>) -> Self {
        let attachments = (!attachments.is_empty()).then(|| attachments.into());
        Self { text: Some(text.into()), attachments }
    }

    /// Returns the encoded packet without its attachments: UTF-8 with its Engine.IO packet type.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_deref().unwrap_or_default()
    }

    /// Bytes of the packet and all its attachments.
    pub(crate) fn size(&self) -> usize {
        self.as_bytes().len() + self.attachments().iter().map(Bytes::len).sum::<usize>()
    }

    /// Number of Engine.IO packets that the frame consists of.
    pub(crate) fn packets(&self) -> usize {
        usize::from(self.text.is_some()) + self.attachments().len()
    }

    pub(crate) fn attachments(&self) -> &[Bytes] {
        self.attachments.as_deref().unwrap_or_default()
    }

    pub(crate) fn into_parts(self) -> (Option<Bytes>, Option<Arc<[Bytes]>>) {
        (self.text, self.attachments)
    }
}

fn event(head: &str, namespace: &str, name: &str, args: &[&str]) -> String {
    let (namespace, comma) = prefix(namespace);
    let name = escape(name);
    let parts = [head, namespace, comma, "[\"", &*name, "\""];
    let len = |parts: &[&str]| parts.iter().map(|part| part.len()).sum::<usize>();
    let mut text = String::with_capacity(len(&parts) + len(args) + args.len() + 1);
    text.extend(parts);
    for arg in args {
        text.push(',');
        text.push_str(arg);
    }
    text.push(']');
    text
}

/// A packet does not name the main namespace.
fn prefix(namespace: &str) -> (&str, &str) {
    if namespace == "/" { ("", "") } else { (namespace, ",") }
}

/// Returns `text` as the inside of a JSON string.
fn escape(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\')) {
        return text.into();
    }
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned().into()
}

#[cfg(test)]
mod tests;

//! Packets for the clients.

use std::borrow::Cow;

use bytes::Bytes;

use super::packet::AckId;
use crate::frame::Frame;

impl Frame {
    /// An event. `args` are JSON texts; they are put into the packet as they are.
    pub fn event(namespace: &str, name: &str, args: &[&str]) -> Self {
        Self::encoded(event("42", namespace, name, args))
    }

    /// An event with attachments, whose `args` refer to them by placeholders
    /// (`{"_placeholder":true,"num":0}`).
    pub fn binary_event(namespace: &str, name: &str, args: &[&str], attachments: Vec<Bytes>) -> Self {
        let head = format!("45{}-", attachments.len());
        Self::with_attachments(event(&head, namespace, name, args), attachments)
    }

    /// `args` is a JSON array.
    pub(crate) fn ack(namespace: &str, id: AckId, args: &str, attachments: Vec<Bytes>) -> Self {
        let head = if attachments.is_empty() { "43".to_owned() } else { format!("46{}-", attachments.len()) };
        let (namespace, comma) = prefix(namespace);
        let text = [&head, namespace, comma, &id.0.to_string(), args].concat();
        Self::with_attachments(text, attachments)
    }

    pub(crate) fn connect(namespace: &str, sid: &str, pid: Option<&str>) -> Self {
        let (namespace, comma) = prefix(namespace);
        let pid = pid.map(|pid| format!(r#","pid":"{}""#, escape(pid))).unwrap_or_default();
        Self::encoded(["40", namespace, comma, r#"{"sid":""#, &escape(sid), "\"", &pid, "}"].concat())
    }

    pub(crate) fn connect_error(namespace: &str, message: &str, data: Option<&str>) -> Self {
        let (namespace, comma) = prefix(namespace);
        let data = data.map(|data| format!(r#","data":{data}"#)).unwrap_or_default();
        Self::encoded(["44", namespace, comma, r#"{"message":""#, &escape(message), "\"", &data, "}"].concat())
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

/// The main namespace is not written.
fn prefix(namespace: &str) -> (&str, &str) {
    if namespace == "/" { ("", "") } else { (namespace, ",") }
}

/// The inside of a JSON string; what names usually consist of stays as it is.
fn escape(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\')) {
        return text.into();
    }
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned().into()
}

#[cfg(test)]
mod tests;

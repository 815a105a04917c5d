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
    pub fn binary_event(
        namespace: &str,
        name: &str,
        args: &[&str],
        attachments: Vec<Bytes>,
    ) -> Self {
        let head = format!("45{}-", attachments.len());
        Self::with_attachments(event(&head, namespace, name, args), attachments)
    }

    /// `args` is a JSON array.
    pub(crate) fn ack(namespace: &str, id: AckId, args: &str, attachments: Vec<Bytes>) -> Self {
        let head = if attachments.is_empty() {
            "43".to_owned()
        } else {
            format!("46{}-", attachments.len())
        };
        Self::with_attachments(
            concat(&[
                &head,
                prefix(namespace).0,
                prefix(namespace).1,
                &id.0.to_string(),
                args,
            ]),
            attachments,
        )
    }

    pub(crate) fn connect(namespace: &str, sid: &str, pid: Option<&str>) -> Self {
        let (namespace, comma) = prefix(namespace);
        let pid = pid
            .map(|pid| format!(r#","pid":{}"#, quote(pid)))
            .unwrap_or_default();
        Self::encoded(concat(&[
            "40",
            namespace,
            comma,
            r#"{"sid":"#,
            &quote(sid),
            &pid,
            "}",
        ]))
    }

    pub(crate) fn connect_error(namespace: &str, message: &str, data: Option<&str>) -> Self {
        let (namespace, comma) = prefix(namespace);
        let data = data
            .map(|data| format!(r#","data":{data}"#))
            .unwrap_or_default();
        Self::encoded(concat(&[
            "44",
            namespace,
            comma,
            r#"{"message":"#,
            &quote(message),
            &data,
            "}",
        ]))
    }
}

fn event(head: &str, namespace: &str, name: &str, args: &[&str]) -> String {
    let (namespace, comma) = prefix(namespace);
    let name = quote(name);
    let args_len: usize = args.iter().map(|arg| 1 + arg.len()).sum();
    let mut text = String::with_capacity(
        head.len() + namespace.len() + comma.len() + 2 + name.len() + args_len,
    );
    for part in [head, namespace, comma, "[", &*name] {
        text.push_str(part);
    }
    for arg in args {
        text.push(',');
        text.push_str(arg);
    }
    text.push(']');
    text
}

fn concat(parts: &[&str]) -> String {
    parts.concat()
}

/// The main namespace is not written.
fn prefix(namespace: &str) -> (&str, &str) {
    if namespace == "/" {
        ("", "")
    } else {
        (namespace, ",")
    }
}

/// Text as a JSON string; what names usually consist of needs no escaping.
fn quote(text: &str) -> Cow<'_, str> {
    serde_json::Value::from(text).to_string().into()
}

/// The library of a client, as far as its first request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientLibrary {
    /// python-socketio, whose handlers must accept exactly the arguments that an event has.
    Python,
    /// Any other library.
    Other,
}

impl ClientLibrary {
    /// Recognises python-engineio by its parameter `t`: seconds since 1970 with a fraction, such as `1795815878.4014268`
    /// (<https://github.com/miguelgrinberg/python-engineio/blob/main/src/engineio/base_client.py>). It has no header of its
    /// own over WebSocket.
    pub(super) fn of(t: &str) -> Self {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_time = t.split_once('.').is_some_and(|(seconds, fraction)| is_number(seconds) && is_number(fraction));
        if is_time { Self::Python } else { Self::Other }
    }
}

#[cfg(test)]
mod tests {
    use super::ClientLibrary;

    #[test]
    fn python_is_recognised_by_its_timestamp() {
        for (t, library) in [
            ("1795815878.4014268", ClientLibrary::Python),
            ("Q8UzxXa", ClientLibrary::Other),
            ("iex11edl", ClientLibrary::Other),
            ("1795815878", ClientLibrary::Other),
            ("1.", ClientLibrary::Other),
            ("1.2.3", ClientLibrary::Other),
            ("", ClientLibrary::Other),
        ] {
            assert_eq!(ClientLibrary::of(t), library, "{t}");
        }
    }
}

//! The few parts of HTTP/1.1 (RFC 9112) that the client side needs: one answer at a time on a kept connection.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// How long one exchange may take.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);

const LARGEST_HEAD: usize = 16 * 1024;

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The connection failed.
    #[error("the connection failed")]
    Io(#[from] io::Error),
    /// No answer in time.
    #[error("no answer within {EXCHANGE_TIMEOUT:?}")]
    TimedOut(#[from] tokio::time::error::Elapsed),
    /// The server closed the connection before it had answered.
    #[error("the connection was closed before the answer was complete")]
    Closed,
    /// Not an answer that this client can read.
    #[error("an answer that is not understood: {0}")]
    Malformed(&'static str),
}

/// The head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// Where the body begins.
    pub length: usize,
    /// Bytes of the body.
    pub body: usize,
}

/// A connection that carries one exchange after the other.
pub struct HttpConnection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl HttpConnection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens, or nobody accepts in time.
    pub async fn connect(server: SocketAddr) -> Result<Self, HttpError> {
        let stream = timeout(EXCHANGE_TIMEOUT, open(server, None)).await??;
        Ok(Self { stream, buffer: Vec::with_capacity(1024) })
    }

    /// Sends a whole request and reads the answer; the status and the body.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is too late or not understood. The connection is of no use then.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<(u16, &[u8]), HttpError> {
        let head = timeout(EXCHANGE_TIMEOUT, self.send_and_receive(request)).await??;
        Ok((head.status, &self.buffer[head.length..head.length + head.body]))
    }

    async fn send_and_receive(&mut self, request: &[u8]) -> Result<Head, HttpError> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(HttpError::Closed);
            }
            if let Some(head) = parse_head(&self.buffer)?
                && self.buffer.len() >= head.length + head.body
            {
                return Ok(head);
            }
        }
    }
}

/// Opens a connection without delays for small writes, from the local address `source` if given.
///
/// # Errors
/// When nobody listens or the ports of `source` are used up.
pub async fn open(server: SocketAddr, source: Option<SocketAddr>) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_nodelay(true)?;
    if let Some(source) = source {
        socket.set_reuseaddr(true)?;
        socket.bind(source)?;
    }
    socket.connect(server).await
}

/// Reads the head of an answer; `None` if it is not whole yet.
///
/// # Errors
/// When the answer is not HTTP/1.1, has no plain length, or its head is out of all proportion.
pub fn parse_head(bytes: &[u8]) -> Result<Option<Head>, HttpError> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        let hopeless = bytes.len() > LARGEST_HEAD;
        return if hopeless { Err(HttpError::Malformed("an endless head")) } else { Ok(None) };
    };
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| HttpError::Malformed("a head that is not text"))?;
    let status = text
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|code| code.parse().ok())
        .ok_or(HttpError::Malformed("no HTTP/1.1 status"))?;
    Ok(Some(Head { status, length: end + 4, body: body_length(status, text)? }))
}

fn body_length(status: u16, head: &str) -> Result<usize, HttpError> {
    // RFC 9112 section 6.3: these never have a body.
    if status < 200 || status == 204 || status == 304 {
        return Ok(0);
    }
    let value = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.trim());
    value.and_then(|digits| digits.parse().ok()).ok_or(HttpError::Malformed("no content-length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_head_with_a_body() {
        let head = parse_head(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
        assert_eq!(head, Some(Head { status: 200, length: 38, body: 5 }));
    }

    #[test]
    fn no_content_needs_no_length() {
        let head = parse_head(b"HTTP/1.1 204 No Content\r\ndate: now\r\n\r\n").unwrap().unwrap();
        assert_eq!((head.status, head.body), (204, 0));
    }

    #[test]
    fn waits_for_the_end_of_the_head() {
        assert_eq!(parse_head(b"HTTP/1.1 204 No Content\r\n").unwrap(), None);
    }

    #[test]
    fn refuses_what_it_cannot_delimit() {
        assert!(parse_head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(parse_head(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
        assert!(parse_head(&vec![b'a'; LARGEST_HEAD + 1]).is_err());
    }
}

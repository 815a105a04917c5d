use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::WebSocket;
use crate::engine::outbox::Load;
use crate::frame::Frame;

/// The stream of a client that does not read at first, and has sent a masked ping.
#[derive(Default)]
struct PingingClient {
    reads: bool,
    has_pinged: bool,
    received: Vec<u8>,
}

impl AsyncRead for PingingClient {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, space: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.has_pinged, true) {
            return Poll::Pending;
        }
        space.put_slice(&[0x89, 0x80, 0, 0, 0, 0]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PingingClient {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.reads {
            return Poll::Pending;
        }
        self.received.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_ping_does_not_complete_the_write_in_progress() {
    let mut cx = Context::from_waker(Waker::noop());
    let frames = vec![Frame::encoded("4hello".to_owned())];
    let load = Load::of(&frames);
    let mut websocket = WebSocket::new(PingingClient::default(), 100);
    websocket.start_write(frames);
    assert!(websocket.poll_write(&mut cx).is_pending());
    websocket.io.reads = true;
    assert!(websocket.poll_read(&mut cx).is_pending());
    assert!(websocket.is_writing(), "the load of the write would be lost");
    assert_eq!(websocket.poll_write(&mut cx), Poll::Ready(Ok(load)));
    assert_eq!(websocket.io.received, b"\x81\x064hello\x8a\x00");
}

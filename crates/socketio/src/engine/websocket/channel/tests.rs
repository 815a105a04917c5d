use std::{
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Channel;
use crate::{engine::outbox::Load, frame::Frame};

/// A client that takes nothing at first, and has sent a masked ping.
#[derive(Default)]
struct Client {
    takes: bool,
    has_pinged: bool,
    got: Vec<u8>,
}

impl AsyncRead for Client {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, space: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.has_pinged, true) {
            return Poll::Pending;
        }
        space.put_slice(&[0x89, 0x80, 0, 0, 0, 0]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Client {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.takes {
            return Poll::Pending;
        }
        self.got.extend_from_slice(bytes);
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
fn a_ping_during_a_write_leaves_its_end_to_the_writer() {
    let mut cx = Context::from_waker(Waker::noop());
    let frames = vec![Frame::text("hello")];
    let load = Load::of(&frames);
    let mut channel = Channel::new(Client::default(), 100);
    channel.begin(frames);
    assert!(channel.poll_write(&mut cx).is_pending());
    channel.io.takes = true;
    assert!(channel.poll_read(&mut cx).is_pending());
    assert!(channel.is_writing(), "nobody would learn that the frames are written");
    assert_eq!(channel.poll_write(&mut cx), Poll::Ready(Ok(load)));
    assert_eq!(channel.io.got, b"\x81\x064hello\x8a\x00");
}

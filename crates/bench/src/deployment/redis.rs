//! A redis-server that keeps nothing on disk.

use std::{io, net::SocketAddr, path::Path};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

use super::process::{Process, ProcessError, Role};
use crate::wire::http::{HttpError, open};

/// Starts a redis-server on `address` and waits until it answers a PING.
pub(super) async fn start(address: SocketAddr, folder: &Path) -> Result<Process, ProcessError> {
    let mut command = Command::new("redis-server");
    command
        .args(["--bind", &address.ip().to_string()])
        .args(["--port", &address.port().to_string()])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder);
    let mut process = Process::spawn(Role::Redis, command, folder)?;
    process.ready(async || ping(address).await).await?;
    Ok(process)
}

async fn ping(address: SocketAddr) -> Result<(), HttpError> {
    let mut stream = open(address, None).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut pong = [0; 7];
    stream.read_exact(&mut pong).await?;
    match &pong {
        b"+PONG\r\n" => Ok(()),
        _ => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
    }
}

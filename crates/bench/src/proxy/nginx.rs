//! nginx with nothing but `proxy_pass`.

use std::{fs, net::SocketAddr};

use tokio::process::Command;

use super::Upstream;
use crate::deployment::{Process, ProcessError, Role, free_address};

/// A running nginx; killed when dropped.
pub struct Nginx {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its one process.
    pub process: Process,
    _folder: tempfile::TempDir,
}

impl Nginx {
    /// Starts nginx in front of an upstream, and waits until it answers.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub async fn start(upstream: &Upstream) -> Result<Self, ProcessError> {
        let (folder, address) = (tempfile::tempdir()?, free_address()?);
        let configuration = folder.path().join("nginx.conf");
        fs::write(&configuration, text(address, upstream.address, &folder.path().display().to_string()))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).arg("-c").arg(&configuration);
        let process = Process::start(Role::Connector, command, folder.path(), address, "/").await?;
        Ok(Self { address, process, _folder: folder })
    }
}

/// One process, connections kept open on both sides, no log: what a plain reverse proxy needs at the least.
fn text(address: SocketAddr, upstream: SocketAddr, folder: &str) -> String {
    format!(
        "daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    upstream dialogflow {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen {address};
        location / {{ proxy_pass http://dialogflow; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}
    }}
}}
"
    )
}

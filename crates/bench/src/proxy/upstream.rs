//! What stands behind the proxies: it answers every call with the same bytes, and plays the metadata server too.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// Bytes of an answer's body: a suggestion as Dialogflow sends it.
const BODY: usize = 1200;
const TOKEN: &str = r#"{"access_token":"bench","expires_in":3599,"token_type":"Bearer"}"#;

/// A running upstream. It lives as long as the program.
pub struct Upstream {
    /// Where it is.
    pub address: SocketAddr,
}

impl Upstream {
    /// Starts it on a free port, on threads of its own: their time is counted as the load generator's.
    ///
    /// # Errors
    /// When there is no port or no thread.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let answers = Arc::new(Answers { call: answer(&"x".repeat(BODY)), token: answer(TOKEN) });
        let accept = move || {
            for stream in listener.incoming().flatten() {
                let answers = Arc::clone(&answers);
                // A connection that breaks ends its thread.
                thread::spawn(move || serve(stream, &answers));
            }
        };
        thread::Builder::new().name("upstream".to_owned()).spawn(accept)?;
        Ok(Self { address })
    }
}

struct Answers {
    call: Vec<u8>,
    token: Vec<u8>,
}

fn answer(body: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body.as_bytes()].concat()
}

/// Answers requests without bodies, one after the other.
fn serve(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        read.extend_from_slice(&buffer[..length]);
        while let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let is_token = read.starts_with(b"GET /computeMetadata/");
            read.drain(..end + 4);
            stream.write_all(if is_token { &answers.token } else { &answers.call })?;
        }
    }
}

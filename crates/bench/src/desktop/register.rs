//! Tokens for the desktops.

use std::net::SocketAddr;

use crate::wire::http::{HttpConnection, HttpError};

/// Some tokens, which all desktops of a fleet share: each is of another agent.
pub struct TokenPool(Vec<String>);

/// Tokens in a pool: enough that no cache for a single one can flatter the result.
const POOL_SIZE: usize = 64;

impl TokenPool {
    /// The token of the desktop with this index.
    pub fn get(&self, index: usize) -> &str {
        &self.0[index % self.0.len()]
    }
}

/// Registers some agents with a connector that trusts anyone.
///
/// # Errors
/// When it does not answer, or without a token.
pub async fn register(connector: SocketAddr) -> Result<TokenPool, HttpError> {
    let mut http = HttpConnection::connect(connector).await?;
    let mut tokens = Vec::with_capacity(POOL_SIZE);
    for agent in 0..POOL_SIZE {
        let (status, body) = http.exchange(request(agent).as_bytes()).await?;
        if status != 200 {
            return Err(HttpError::Malformed("/register is not 200"));
        }
        tokens.push(token(body).ok_or(HttpError::Malformed("/register has no token"))?);
    }
    Ok(TokenPool(tokens))
}

fn request(agent: usize) -> String {
    let body = format!(r#"{{"gcp_agent_assist_user":"agent-{agent}"}}"#);
    let length = body.len();
    format!(
        "POST /register HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn token(body: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(answer.get("token")?.as_str()?.to_owned())
}

//! A connector whose agents are listed in a file: how to bring your own identity provider.
//!
//! ```sh
//! echo -n "letmein-letmein" | sha256sum | cut -d' ' -f1 > agents.txt
//! cargo run -p ui-connector --example own_provider -- agents.txt
//! curl -X POST localhost:8080/register -H 'Authorization: letmein-letmein'
//! ```
//!
//! Events come from memory here, so none arrive; a service of yours would take its broker from `RedisBroker`, as the
//! program `ui-connector` does in its `main.rs`.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use broker::{MemoryBroker, Retention};
use connector::auth::provider::{Admission, IdentityProvider, PlatformToken, Refusal};
use connector::auth::settings::AuthSettings;
use connector::auth::token::TokenKeys;
use connector::google::credentials::DefaultCredentials;
use connector::{Backends, Settings};
use event::ConnectorId;
use reqwest::Client;
use server::util::{hex, sha256};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Admits the bearers of tokens whose SHA-256 is in a file, one a line, in hexadecimal.
struct ListedAgents(HashSet<String>);

#[async_trait]
impl IdentityProvider for ListedAgents {
    fn name(&self) -> &'static str {
        "ListedAgents"
    }

    async fn verify(&self, _: &Client, token: &PlatformToken) -> Result<Admission, Refusal> {
        // A list of digests discloses no token, and looking one up takes as long for a good token as for a bad one.
        let presented = hex(&sha256(token.required()?.as_bytes()));
        if self.0.contains(&presented) {
            Ok(Admission::default())
        } else {
            Err(Refusal::Denied("the token is not on the list".into()))
        }
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it says where it is")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name a file with the SHA-256 of each agent's token")?;
    let agents = ListedAgents(std::fs::read_to_string(path)?.lines().map(str::to_owned).collect());
    // A secret of this process alone: its tokens end with it.
    let secret = format!("{:032x}", rand::random::<u128>());
    let tokens = TokenKeys::new(secret.as_bytes(), "my-project", Duration::from_hours(1))?;
    let settings = Settings::new("my-project", AuthSettings::new(agents), tokens);
    let broker = MemoryBroker::new(Retention::default());
    let connector = ConnectorId::generate();
    let subscriber = Arc::new(broker.subscriber(connector.clone()));
    let broker = Arc::new(broker);
    let backends = Backends {
        log: broker.clone(),
        subscriber: subscriber.clone(),
        messenger: subscriber,
        keys: broker,
        connector,
        google: Arc::new(DefaultCredentials::default()),
    };
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://{}; end it with Ctrl-C", listener.local_addr()?);
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        // Without signals there is no orderly end.
        let _ = tokio::signal::ctrl_c().await;
        stopping.cancel();
    });
    Ok(connector::run(settings, backends, listener, stop).await?)
}

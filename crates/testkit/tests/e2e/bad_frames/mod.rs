//! Clients that break the protocol: they lose their own connection, or what they send is ignored, as
//! the protocol has it. Nobody else notices.
//!
//! Specifications: <https://github.com/socketio/engine.io-protocol>,
//! <https://github.com/socketio/socket.io-protocol>, <https://www.rfc-editor.org/rfc/rfc6455>.

mod polling;
mod websocket;

use serde_json::json;
use testkit::deployment::Deployment;
use testkit::names::conversation;
use testkit::process::Process;
use testkit::push::{Push, assert_payloads};
use testkit::socketio::{Client, PollingClient};

fn talk() -> String {
    conversation("frames")
}

/// A deployment on which one client does mischief beside a desktop that must not notice.
struct Beside {
    deployment: Deployment,
    token: String,
}

impl Beside {
    async fn start() -> Self {
        let deployment = Deployment::start(1).await;
        let token = deployment.token().await;
        Self { deployment, token }
    }

    fn connector(&self) -> &Process {
        &self.deployment.connectors[0]
    }

    async fn websocket(&self) -> Client {
        let auth = json!({"token": self.token});
        Client::connect(self.connector().address(), &auth).await.expect("a connection")
    }

    async fn polling(&self) -> PollingClient {
        let auth = json!({"token": self.token}).to_string();
        PollingClient::connect(self.connector().address(), &auth).await.0
    }

    /// Runs `mischief` while a desktop is joined, which then gets its event as ever.
    async fn nobody_notices(&self, mischief: impl Future<Output = ()>) {
        let mut desktop = self.deployment.desktop(0, &talk()).await;
        mischief.await;
        assert_eq!(self.connector().get("/status").await, (200, "Hello, cross-origin-world!".to_owned()));
        let pushes = [Push::message(&talk(), 1)];
        self.deployment.push(&pushes[0]).await;
        assert_payloads(&desktop.last_events(1, &talk()).await, &talk(), &pushes);
    }
}

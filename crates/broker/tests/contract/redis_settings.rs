//! How Redis is reached.

use std::error::Error as StdError;
use std::path::Path;

use broker::{Publisher as _, RedisBroker, RedisSettings, Retention, SettingsError};

use crate::stage::{Connector, conversation};
use testkit::free_port;
use testkit::redis::{RedisServer, certify};

fn open(settings: RedisSettings) -> RedisBroker {
    RedisBroker::new(settings, Retention::default()).unwrap()
}

/// What an operator would read: the error with all its sources, and its `Debug` form.
fn messages(error: &(dyn StdError + 'static)) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text += &error.to_string();
        source = error.source();
    }
    text
}

#[tokio::test]
async fn the_password_opens_redis_and_is_never_shown() {
    let server = RedisServer::start_with(&["--requirepass", "hunter2secret"]).await;
    server
        .cli::<String>(&["ACL", "SETUSER", "alice", "on", ">pw9secret%", "allcommands", "allkeys", "allchannels"])
        .await;
    for credentials in [":hunter2secret@", "alice:pw9secret%25@"] {
        let url = server.url().replace("://", &format!("://{credentials}"));
        let settings = RedisSettings::new(url);
        let broker = open(settings.clone());
        broker.ping().await.unwrap();
        let connector = Connector::on_redis(&broker).await.subscribed(&conversation("c")).await;
        let text = format!("{settings:?} {broker:?} {:?}", broker.subscriber(connector.id.clone()));
        assert!(!text.contains("secret"), "{text}");
    }
    for credentials in ["", ":wrongsecret@", "alice:wrongsecret@"] {
        let broker = open(RedisSettings::new(server.url().replace("://", &format!("://{credentials}"))));
        let text = messages(&broker.ping().await.unwrap_err());
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn a_bad_url_is_refused_without_repeating_it() {
    for url in ["", "x", "http://u:secret@h", "redis://u:secret@h:port", "redis://u:secret@h/db", "redis://"] {
        let error = RedisBroker::new(RedisSettings::new(url), Retention::default()).unwrap_err();
        assert!(matches!(error, SettingsError::Url(_)), "{url}");
        assert!(!messages(&error).contains("secret"), "{url}");
    }
    let settings = RedisSettings { ca_cert: Some("ca.pem".into()), ..RedisSettings::new("redis://localhost") };
    assert!(matches!(RedisBroker::new(settings, Retention::default()), Err(SettingsError::CertificatesWithoutTls)));
    let settings = RedisSettings { ca_cert: Some("/no/ca.pem".into()), ..RedisSettings::new("rediss://localhost") };
    assert!(matches!(RedisBroker::new(settings, Retention::default()), Err(SettingsError::Unreadable { .. })));
}

#[tokio::test]
async fn a_unix_socket_will_do() {
    let server = RedisServer::start_with(&["--unixsocket", "redis.sock"]).await;
    let broker = open(RedisSettings::new(format!("redis+unix://{}/redis.sock", server.directory().display())));
    broker.ping().await.unwrap();
    Connector::on_redis(&broker).await.subscribed(&conversation("c")).await;
}

#[tokio::test]
async fn tls_trusts_the_given_authority_alone() {
    let directory = tempfile::tempdir().unwrap();
    certify(directory.path());
    let (elsewhere, port) = (tempfile::tempdir().unwrap(), free_port());
    certify(elsewhere.path());
    let arguments = ["--tls-cert-file", "server.pem", "--tls-key-file", "server.key", "--tls-ca-cert-file", "ca.pem"];
    let port_text = port.to_string();
    let more = ["--tls-auth-clients", "no", "--tls-port", &port_text];
    let server = RedisServer::start_in(directory, &[&arguments[..], &more[..]].concat()).await;
    let url = format!("rediss://localhost:{port}");
    let settings = |ca_cert: Option<&Path>| RedisSettings {
        ca_cert: ca_cert.map(|path| path.join("ca.pem")),
        ..RedisSettings::new(url.clone())
    };
    let broker = open(settings(Some(server.directory())));
    broker.ping().await.unwrap();
    Connector::on_redis(&broker).await.subscribed(&conversation("c")).await;
    for other in [settings(Some(elsewhere.path())), settings(None)] {
        let refused = open(other).ping().await.unwrap_err();
        assert!(messages(&refused).contains("certificate"), "{}", messages(&refused));
    }
    std::fs::write(elsewhere.path().join("ca.pem"), "nothing").unwrap();
    let empty = RedisBroker::new(settings(Some(elsewhere.path())), Retention::default());
    assert!(matches!(empty, Err(SettingsError::Certificates { .. })), "{empty:?}");
}

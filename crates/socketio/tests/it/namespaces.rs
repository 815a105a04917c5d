use socketio::{AckId, Reason};

use crate::server::{check, start};
use testkit::socketio::WebSocketClient;

#[tokio::test]
async fn sends_the_private_id_to_a_client_that_may_recover() {
    let (server, mut records) = start().await;
    let mut client = WebSocketClient::open(server.address).await.unwrap();
    client.text().await;
    client.send(r#"40{"recover":true}"#).await;
    let socket = records.connected().await;
    assert_eq!(client.text().await, format!(r#"40{{"sid":"{}","pid":"private"}}"#, socket.id()));
}

#[tokio::test]
async fn a_refused_client_gets_the_message_and_the_data() {
    let (server, _records) = start().await;
    let mut client = WebSocketClient::open(server.address).await.unwrap();
    client.text().await;
    client.send(r#"40{"refuse":true}"#).await;
    assert_eq!(client.text().await, r#"44{"message":"said \"no\"","data":{"because":[1]}}"#);
    client.send("40/other,").await;
    assert_eq!(client.text().await, r#"44/other,{"message":"Invalid namespace"}"#);
    client.send("40").await;
    assert!(client.text().await.starts_with("40{"));
}

#[tokio::test]
async fn keeps_namespaces_apart() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    records.connected().await;
    client.send("40/n").await;
    let socket = records.connected().await;
    assert_eq!(socket.namespace(), "/n");
    assert_eq!(client.text().await, format!(r#"40/n,{{"sid":"{}"}}"#, socket.id()));
    assert_eq!(client.text().await, r#"42/n,["welcome"]"#);
    client.send(r#"42/n,5["a"]"#).await;
    assert_eq!(client.text().await, "43/n,5[]");

    client.send("41/n").await;
    assert_eq!(records.disconnected().await, Reason::ClientDisconnect);
    assert!(socket.is_closed());
    assert!(socket.ack(AckId::from(1), "[]").is_err());
    check(&mut client).await;
    client.send("40/n").await;
    assert!(client.text().await.starts_with("40/n,"));
}

#[tokio::test]
async fn ends_all_sockets_of_a_client_with_its_connection() {
    let (server, mut records) = start().await;
    let mut client = server.client().await;
    client.send("40/n1").await;
    assert!(client.text().await.starts_with("40/n1,"));
    client.send("1").await;
    assert_eq!(client.rest().await, [r#"42/n1,["welcome"]"#]);
    server.has_connections(0).await;
    let reasons: Vec<_> = records.disconnects().into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons, [Reason::TransportClose; 2]);
}

#[tokio::test]
async fn limits_the_namespaces_of_a_client() {
    let (server, _records) = start().await;
    let mut client = WebSocketClient::open(server.address).await.unwrap();
    client.text().await;
    for number in 0..16 {
        client.send(&format!("40/n{number}")).await;
        assert!(client.text().await.starts_with(&format!(r#"40/n{number},{{"sid""#)));
        assert_eq!(client.text().await, format!(r#"42/n{number},["welcome"]"#));
    }
    client.send("40/n16").await;
    assert_eq!(client.text().await, r#"44/n16,{"message":"Too many namespaces"}"#);
    client.send("41/n3").await;
    client.send("40/n16").await;
    assert!(client.text().await.starts_with(r#"40/n16,{"sid""#));
}

use socketio::{Frame, Reason};

use crate::server::start;
use testkit::socketio::WebSocketClient;
use testkit::{http, response};

#[tokio::test]
async fn carries_text_and_bytes_both_ways() {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    let socket = records.connected().await;
    let body = "42[\"a\",1]\x1e451-7[\"b\",{\"_placeholder\":true,\"num\":0}]\x1ebAQIDBA==\x1e428[\"c\"]";
    assert_eq!(client.post(body).await, (200, "ok".to_owned()));
    assert_eq!(records.event().await.args, "[1]");
    assert_eq!(records.event().await.attachments, [&[1u8, 2, 3, 4][..]]);
    assert_eq!(records.event().await.name, "c");
    socket.emit(Frame::event("/", "d", &[])).unwrap();
    let answer = "461-7[{\"_placeholder\":true,\"num\":0}]\x1ebAQIDBA==\x1e438[]\x1e42[\"d\"]";
    assert_eq!(client.poll().await, (200, answer.to_owned()));
}

#[tokio::test]
async fn answers_a_waiting_poll_at_once() {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    let socket = records.connected().await;
    for number in 0..20 {
        let frame = Frame::event("/", "n", &[&number.to_string()]);
        let (answer, ()) = tokio::join!(client.poll(), async {
            tokio::task::yield_now().await;
            socket.emit(frame).unwrap();
        });
        assert_eq!(answer, (200, format!(r#"42["n",{number}]"#)));
    }
}

#[tokio::test]
async fn repeats_the_answer_to_a_repeated_poll() {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    let socket = records.connected().await;
    let poll = async |t: &str| response(client.request(reqwest::Method::GET).query(&[("t", t)])).await;
    let event = |name| (200, format!(r#"42["{name}"]"#));
    socket.emit(Frame::event("/", "a", &[])).unwrap();
    assert_eq!(poll("1").await, event("a"));
    socket.emit(Frame::event("/", "b", &[])).unwrap();
    // As a browser does after the connection of its request was lost.
    assert_eq!([poll("1").await, poll("1").await], [event("a"), event("a")]);
    assert_eq!(poll("2").await, event("b"));
    // Clients that do not name their polls get no repetition.
    socket.emit(Frame::event("/", "c", &[])).unwrap();
    assert_eq!(client.poll().await, event("c"));
    socket.emit(Frame::event("/", "d", &[])).unwrap();
    assert_eq!(client.poll().await, event("d"));
}

#[tokio::test]
async fn an_answer_has_at_most_16_packets() {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    let socket = records.connected().await;
    let binary = Frame::binary_event("/", "b", &[r#"{"_placeholder":true,"num":0}"#], vec!["x".into()]);
    for _ in 0..15 {
        socket.emit(Frame::event("/", "a", &[])).unwrap();
    }
    socket.emit(binary).unwrap();
    let mut packets = Vec::new();
    for _ in 0..2 {
        packets.push(client.poll().await.1.split('\x1e').count());
    }
    // An event is not separated from its attachment.
    assert_eq!(packets, [15, 2]);
}

#[tokio::test]
async fn closes_a_session_with_two_polls() {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    let (one, other) = tokio::join!(client.poll(), client.poll());
    let mut answers = [one, other];
    answers.sort();
    assert_eq!(answers[0], (200, "1".to_owned()));
    assert_eq!(answers[1].0, 400);
    assert_eq!(records.disconnected().await, Reason::ProtocolError);
    assert_eq!(client.poll().await.0, 400);
    server.has_connections(0).await;
}

#[tokio::test]
async fn closes_a_session_whose_poll_is_aborted() {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    let short = std::time::Duration::from_millis(50);
    assert!(client.request(reqwest::Method::GET).timeout(short).send().await.is_err());
    assert_eq!(records.disconnected().await, Reason::TransportClose);
    assert_eq!(client.poll().await.0, 400);
}

#[tokio::test]
async fn closes_a_session_with_two_posts() {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    // The first POST occupies the handler, the second waits for it, the third comes too early.
    assert_eq!(client.post(r#"42["gated"]"#).await.0, 200);
    assert_eq!(client.post(r#"42["b"]"#).await.0, 200);
    let (one, other) = tokio::join!(client.post(r#"42["c"]"#), client.post(r#"42["d"]"#));
    assert_eq!((one.0, other.0), (400, 400));
    server.application.gate.add_permits(1);
    assert_eq!(records.disconnected().await, Reason::ProtocolError);
}

#[tokio::test]
async fn delays_posts_until_earlier_events_are_handled() {
    let (server, mut records) = start().await;
    let client = server.polling().await;
    assert_eq!(client.post(r#"42["gated",0]"#).await.0, 200);
    assert_eq!(client.post("42[\"a\",1]\x1e42[\"a\",2]").await.0, 200);
    let mut held = tokio::spawn({
        let client = std::sync::Arc::new(client);
        async move { client.post(r#"42["a",3]"#).await }
    });
    let held_for = std::time::Duration::from_millis(100);
    assert!(tokio::time::timeout(held_for, &mut held).await.is_err(), "the POST is answered too early");
    server.application.gate.add_permits(1);
    for number in 0..4 {
        assert_eq!(records.event().await.args, format!("[{number}]"));
    }
    assert_eq!(held.await.unwrap().0, 200);
}

#[tokio::test]
async fn ends_on_the_clients_close_and_releases_its_poll() {
    let (server, mut records) = start().await;
    for _ in 0..10 {
        let client = server.polling().await;
        // Whichever of the two arrives first.
        let (poll, post) = tokio::join!(client.poll(), client.post("1"));
        assert_eq!((poll, post.0), ((200, "6".to_owned()), 200));
        assert_eq!(records.disconnected().await, Reason::TransportClose);
        assert_eq!(client.poll().await.0, 400);
    }
    server.has_connections(0).await;
}

#[tokio::test]
async fn does_not_serve_polls_of_a_websocket_session() {
    let (server, _records) = start().await;
    let mut client = WebSocketClient::open(server.address).await.unwrap();
    let open = client.text().await;
    let open: serde_json::Value = serde_json::from_str(&open[1..]).unwrap();
    let sid = open["sid"].as_str().unwrap();
    let url = format!("http://{}/socket.io/?EIO=4&transport=polling&sid={sid}", server.address);
    let response = http().get(url).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.text().await.unwrap(), r#"{"code":3,"message":"Bad request"}"#);
    client.send("40").await;
    assert!(client.text().await.starts_with("40{"));
}

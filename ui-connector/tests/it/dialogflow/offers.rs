//! Which calls are passed on, and how they arrive.

use reqwest::Method;
use serde_json::json;

use super::{call, connector, get_raw, prefix, sent};

use crate::support::PROJECT;
use testkit::Upstream;

#[tokio::test]
async fn every_offered_call_arrives_as_it_was_sent() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    let offers = [
        (Method::POST, "conversations?conversationId=a-1"),
        (Method::GET, "conversations/c"),
        (Method::GET, "conversations/c/messages?pageSize=2&pageToken=a%3D%3D&filter=x='1'"),
        (Method::POST, "conversations/c/messages:batchCreate"),
        (Method::POST, "conversations/c:ingestContextReferences"),
        (Method::POST, "conversations/c/participants"),
        (Method::GET, "conversations/c/participants/p"),
        (Method::PATCH, "conversations/c/participants/p?updateMask=agentDesktopSource"),
        (Method::POST, "conversations/c/participants/p:analyzeContent"),
        (Method::POST, "conversations/c/participants/p/suggestions:suggestKnowledgeAssist"),
        (Method::POST, "conversations/c/suggestions:suggestConversationSummary"),
        (Method::POST, "conversations/c/suggestions:generate"),
        (Method::POST, "conversations/c/suggestions:searchKnowledge"),
        (Method::POST, "suggestions:searchKnowledge"),
        (Method::POST, "suggestions:generateStatelessSummary"),
        (Method::POST, "statelessSuggestion:generate"),
        (Method::PATCH, "answerRecords/a?updateMask=answerFeedback"),
        (Method::GET, "conversationProfiles/p"),
        (Method::GET, "conversationModels/m"),
        (Method::GET, "generators/g"),
        (Method::GET, "companionAgents"),
        (Method::GET, "companionAgents/a"),
        (Method::GET, "tools"),
        (Method::GET, "tools/t"),
        (Method::GET, "conversations/a%20b%C3%A9%2520"),
    ];
    for (number, (method, resource)) in offers.into_iter().enumerate() {
        for version in ["v2", "v2beta1"] {
            let path = format!("/{version}/projects/{PROJECT}/locations/europe-west3/{resource}");
            let body = format!("{{ \"number\":{number}, \"big\":12345678901234567890}}");
            let mut request = call(&connector, method.clone(), &path);
            if method != Method::GET {
                request = request.header("content-type", "application/json; charset=UTF-8").body(body.clone());
            }
            // The client of the tests spells some characters anew, so a GET is sent as it is written here.
            let status = if method == Method::GET {
                get_raw(&connector, &path, "").await
            } else {
                sent(request).await.status().as_u16()
            };
            assert_eq!(status, 200, "{method} {path}");
            let seen = upstream.seen().pop().unwrap();
            assert_eq!((seen.method.as_str(), seen.target.as_str()), (method.as_str(), path.as_str()));
            assert_eq!(seen.header("authorization"), Some("Bearer google-token"));
            assert_eq!(seen.body, if method == Method::GET { "" } else { body.as_str() }, "{path}");
        }
    }
}

#[tokio::test]
async fn rejects_methods_that_are_not_offered() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    for (method, resource, status) in [
        (Method::GET, "conversations", 405),
        (Method::DELETE, "conversations/c", 405),
        (Method::PUT, "conversations/c", 405),
        (Method::HEAD, "conversations/c", 405),
        (Method::HEAD, "conversationProfiles/p", 405),
        (Method::PATCH, "conversationProfiles/p", 405),
        (Method::GET, "answerRecords", 404),
        (Method::GET, "answerRecords/a", 405),
        (Method::GET, "conversationProfiles", 404),
        (Method::GET, "knowledgeBases/k", 404),
        (Method::POST, "suggestions:other", 404),
        (Method::GET, "agent", 404),
    ] {
        let request = call(&connector, method.clone(), &format!("{}/{resource}", prefix())).json(&json!({}));
        assert_eq!(sent(request).await.status(), status, "{method} {resource}");
    }
    for path in
        [format!("/v3/projects/{PROJECT}/locations/global/conversations/c"), "/v2".to_owned(), "/v2/".to_owned()]
    {
        assert_eq!(sent(call(&connector, Method::GET, &path)).await.status(), 404, "{path}");
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn sends_no_body_for_a_completion_or_null() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    for (resource, body) in [("conversations/c:complete", "{\"a\":1}"), ("conversations", "null")] {
        let request = call(&connector, Method::POST, &format!("{}/{resource}", prefix()));
        assert_eq!(sent(request.header("content-type", "application/json").body(body)).await.status(), 200);
        let seen = upstream.seen().pop().unwrap();
        assert_eq!((seen.body.len(), seen.header("content-type")), (0, None), "{resource}");
    }
    assert_eq!(
        sent(call(&connector, Method::POST, &format!("{}/conversations/c:complete", prefix()))).await.status(),
        200
    );
}

#[tokio::test]
async fn rejects_bodies_that_are_not_json() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    let json = Some("application/json");
    for (kind, body, status) in [
        (None, "{}", 415),
        (Some("text/plain"), "{}", 415),
        (Some("multipart/form-data"), "{}", 415),
        (json, "", 400),
        (json, "{", 400),
        (json, "NaN", 400),
        (json, "{} {}", 400),
    ] {
        let request = call(&connector, Method::POST, &format!("{}/conversations", prefix())).body(body);
        let request = if let Some(kind) = kind { request.header("content-type", kind) } else { request };
        assert_eq!(sent(request).await.status(), status, "{kind:?} {body}");
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn forwards_only_the_headers_dialogflow_needs() {
    let upstream = Upstream::start(|_| "{}").await;
    let connector = connector(&upstream).await;
    let request = call(&connector, Method::GET, &format!("{}/conversations/c", prefix()));
    let request = request
        .header("cookie", "a=1")
        .header("x-forwarded-for", "1.2.3.4")
        .header("x-http-method-override", "DELETE")
        .header("x-goog-user-project", "other")
        .header("x-goog-authenticated-user-email", "root@example.com")
        .header("referer", "https://crm.example/x")
        .header("origin", "https://crm.example")
        .header("connection", "keep-alive, accept-language")
        .header("accept-language", "de")
        .header("te", "trailers")
        .header("accept", "application/json")
        .header("accept-encoding", "gzip");
    assert_eq!(sent(request).await.status(), 200);
    let seen = upstream.only();
    let mut names: Vec<_> = seen.headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["accept", "accept-encoding", "authorization", "host"]);
    assert_eq!(seen.header("host"), Some(upstream.address.to_string().as_str()));
    assert_eq!(seen.header("accept-encoding"), Some("gzip"));
}

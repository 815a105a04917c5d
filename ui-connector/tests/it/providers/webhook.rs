use axum::Json;
use axum::http::StatusCode;
use serde_json::json;

use super::{connector, status};
use testkit::Upstream;

#[tokio::test]
async fn the_hook_decides_by_status_and_may_refuse_in_its_body() {
    let hook = Upstream::start(|seen| match seen.json()["token"].as_str().unwrap() {
        "good" => (StatusCode::NO_CONTENT, Json(json!(null))),
        "polite" => (StatusCode::OK, Json(json!({"valid": true}))),
        "impolite" => (StatusCode::OK, Json(json!({"valid": false}))),
        _ => (StatusCode::FORBIDDEN, Json(json!({"valid": true}))),
    })
    .await;
    let url = format!("{}/check?for=us", hook.url());
    let connector = connector(&[("AUTH_OPTION", "Webhook"), ("AUTH_WEBHOOK_URL", &url)]).await;
    for (token, admitted) in [("Bearer good", 200), ("polite", 200), ("impolite", 401), ("bad", 401)] {
        assert_eq!(status(&connector, token).await, admitted, "{token}");
    }
    let seen = hook.seen();
    assert!(seen.iter().all(|seen| seen.method == "POST" && seen.target == "/check?for=us"));
    assert_eq!(seen[0].json(), json!({"token": "good"}));
}

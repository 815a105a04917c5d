use axum::Json;
use axum::http::StatusCode;
use serde_json::json;

use super::{connector, status};
use testkit::Upstream;

async fn genesys() -> Upstream {
    Upstream::start(|seen| match (seen.header("authorization"), seen.target.as_str()) {
        (Some("Bearer good"), "/api/v2/users/me") => (StatusCode::OK, Json(json!({"id": "u", "state": "active"}))),
        (Some("Bearer gone"), "/api/v2/users/me") => (StatusCode::OK, Json(json!({"id": "u", "state": "deleted"}))),
        (Some("Bearer good"), "/api/v2/organizations/me") => (StatusCode::OK, Json(json!({"id": "our-organization"}))),
        _ => (StatusCode::UNAUTHORIZED, Json(json!({"code": "bad.credentials"}))),
    })
    .await
}

#[tokio::test]
async fn admits_users_of_the_region_unless_an_organization_is_set() {
    let genesys = genesys().await;
    let url = genesys.url();
    let connector = connector(&[("AUTH_OPTION", "GenesysCloud"), ("GENESYS_CLOUD_BASE_URL", &url)]).await;
    assert_eq!(status(&connector, "bearer good").await, 200);
    assert_eq!(genesys.only().method, "GET");
    for token in ["bad", "gone", "good x"] {
        assert_eq!(status(&connector, token).await, 401, "{token}");
    }
}

#[tokio::test]
async fn rejects_users_of_another_organization() {
    let genesys = genesys().await;
    let url = genesys.url();
    for (ours, admitted) in [("our-organization", 200), ("their-organization", 401)] {
        let connector = connector(&[
            ("AUTH_OPTION", "GenesysCloud"),
            ("GENESYS_CLOUD_BASE_URL", &url),
            ("GENESYS_CLOUD_ORGANIZATION_ID", ours),
        ])
        .await;
        assert_eq!(status(&connector, "good").await, admitted, "{ours}");
    }
}

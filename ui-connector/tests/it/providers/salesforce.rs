use axum::Json;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{connector, status};
use testkit::Upstream;

const LONG: &str = "00D5g00000ABCdeEAH";
const SHORT: &str = "00D5g00000ABCde";

/// What an agent gets if Salesforce says `user` about every token.
async fn with(option: &str, configured: &str, user: Value) -> (u16, Upstream) {
    let salesforce = Upstream::start(move |_| Json(user.clone())).await;
    let url = salesforce.url();
    let environment =
        [("AUTH_OPTION", option), ("SALESFORCE_ORGANIZATION_ID", configured), ("SALESFORCE_BASE_URL", &url)];
    let connector = connector(&environment).await;
    (status(&connector, "Bearer platform-token").await, salesforce)
}

#[tokio::test]
async fn sends_the_token_in_a_header_not_in_the_url() {
    for option in ["Salesforce", "SalesforceLWC"] {
        let (status, salesforce) = with(option, LONG, json!({"user_id": "005", "organization_id": LONG})).await;
        let seen = salesforce.only();
        assert_eq!((status, seen.method.as_str(), seen.target.as_str()), (200, "GET", "/services/oauth2/userinfo"));
        assert_eq!(seen.header("authorization"), Some("Bearer platform-token"));
        assert!(seen.body.is_empty());
    }
}

#[tokio::test]
async fn compares_organization_ids_in_full_in_both_forms() {
    for (configured, answered, admitted) in [
        (LONG, LONG, 200),
        (LONG, SHORT, 200),
        (SHORT, LONG, 200),
        (SHORT, SHORT, 200),
        (LONG, "00D5g00000ABCdeEAI", 401),
        (LONG, "00D5g00000ABCDE", 401),
        (SHORT, "00D", 401),
        (SHORT, "00D5g00000ABCdeE", 401),
        (LONG, "", 401),
    ] {
        for option in ["Salesforce", "SalesforceLWC"] {
            let user = json!({"user_id": "005", "organization_id": answered});
            assert_eq!(with(option, configured, user).await.0, admitted, "{option} {configured} {answered}");
        }
    }
}

#[tokio::test]
async fn rejects_malformed_user_information() {
    for user in [
        json!({}),
        json!([]),
        json!("x"),
        json!({"organization_id": LONG}),
        json!({"user_id": "005"}),
        json!({"user_id": 5, "organization_id": LONG}),
        json!({"user_id": "005", "organization_id": [LONG]}),
        json!({"user_id": "005", "organization_id": LONG, "active": false}),
    ] {
        assert_eq!(with("Salesforce", LONG, user.clone()).await.0, 401, "{user}");
    }
}

#[tokio::test]
async fn a_refusal_is_one_whatever_stands_in_it() {
    for code in [400, 401, 403, 404, 429, 500, 503] {
        let answer = json!({"user_id": "005", "organization_id": LONG});
        let salesforce = Upstream::start(move |_| (StatusCode::from_u16(code).unwrap(), Json(answer.clone()))).await;
        let url = salesforce.url();
        let connector = connector(&[
            ("AUTH_OPTION", "Salesforce"),
            ("SALESFORCE_ORGANIZATION_ID", LONG),
            ("SALESFORCE_BASE_URL", &url),
        ])
        .await;
        assert_eq!(status(&connector, "t").await, 401, "{code}");
    }
}

use super::{connector, status};

const TOKEN: &str = "a-token-of-five9-adapters";

#[tokio::test]
async fn only_the_shared_token_admits() {
    let connector = connector(&[("AUTH_OPTION", "Five9"), ("FIVE9_TRUST_TOKEN", TOKEN)]).await;
    for token in [format!("Bearer {TOKEN}"), format!("bearer {TOKEN}"), TOKEN.to_owned()] {
        assert_eq!(status(&connector, &token).await, 200, "{token}");
    }
    for token in
        ["", "Bearer", "Bearer ", "a-token-of-five9-adapter", "A-TOKEN-OF-FIVE9-ADAPTERS", "a-token-of-five9-adaptersx"]
    {
        assert_eq!(status(&connector, token).await, 401, "{token}");
    }
}

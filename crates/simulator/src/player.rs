//! Plays a conversation.

use event::ConversationName;
use tokio_util::sync::CancellationToken;

use crate::pubsub::{Message, PushSubscription};
use crate::script::Script;

/// The id of the conversation that the connector's page joins by itself when everybody may register.
pub const CONVERSATION: &str = "demo-conversation";

/// Plays `script` in `conversation` again and again until `stop`.
pub async fn play_for_ever(
    script: Script,
    conversation: ConversationName,
    subscription: PushSubscription,
    stop: CancellationToken,
) {
    let endless = async {
        loop {
            play(&script, &conversation, &subscription).await;
        }
    };
    tokio::select! {
        () = endless => {}
        () = stop.cancelled() => {}
    }
}

/// Plays `script` once.
pub async fn play(script: &Script, conversation: &ConversationName, subscription: &PushSubscription) {
    for notification in script.notifications(conversation) {
        tokio::time::sleep(notification.pause).await;
        subscription.deliver(&Message::publish(&notification)).await;
    }
}

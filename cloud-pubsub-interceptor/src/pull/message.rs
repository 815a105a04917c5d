use std::borrow::Cow;

use google_cloud_pubsub::model::Message;

use crate::push::PubsubMessage;

impl<'a> From<&'a Message> for PubsubMessage<'a> {
    fn from(message: &'a Message) -> Self {
        let attribute = |name| message.attributes.get(name).map_or(Cow::default(), Cow::from);
        Self {
            data: Cow::Borrowed(&message.data),
            message_id: Cow::from(&message.message_id),
            publish_time: message.publish_time.map_or(Cow::default(), |time| String::from(time).into()),
            participant_role: attribute("participant_role"),
            recognition_message_id: attribute("message_id"),
        }
    }
}

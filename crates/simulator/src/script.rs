//! Conversations as data: what customer and agent say, and what Agent Assist suggests meanwhile.

use std::time::Duration;

use event::ConversationName;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::advice::sentiment;
use crate::notification::{LANGUAGE, Notification};

/// How often the middle of a conversation is repeated in a very long one: some 2,000 notifications.
const LONG: usize = 60;

/// A conversation that can be played.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Script(Vec<Step>);

#[derive(Debug, Clone, Deserialize)]
struct Step {
    pause_ms: u64,
    #[serde(flatten)]
    action: Action,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Lifecycle(String),
    Says { role: String, text: String },
    Writes { role: String, text: String },
    Suggests(Value),
}

impl Script {
    /// Every conversation that can be played, with the id that it has in a demo: a customer of a bookshop misses a parcel
    /// (17 steps, about 30 s, on the telephone), a chat, one with a supervisor, and a very long one.
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the data is compiled in, and a test reads it")]
    pub fn all() -> [(&'static str, Self); 4] {
        let read = |text| serde_json::from_str::<Self>(text).expect("a script");
        let late_parcel = read(include_str!("../conversations/late-parcel.json"));
        let long = late_parcel.lengthened();
        [
            ("demo-conversation", late_parcel),
            ("demo-chat", read(include_str!("../conversations/wrong-charge.json"))),
            ("demo-escalation", read(include_str!("../conversations/escalation.json"))),
            ("demo-long", long),
        ]
    }

    /// Repeats everything between its first and its last step.
    fn lengthened(&self) -> Self {
        let [first, middle @ .., last] = self.0.as_slice() else { return self.clone() };
        let middle = std::iter::repeat_n(middle, LONG).flatten();
        Self(std::iter::once(first).chain(middle).chain([last]).cloned().collect())
    }

    /// The notifications of `conversation`, in order.
    pub fn notifications(&self, conversation: &ConversationName) -> Vec<Notification> {
        let name = conversation.as_str().replacen("/conversations/", "/locations/global/conversations/", 1);
        // Another name in each run, for one conversation may be played again and again.
        let run = rand::random::<u16>();
        let steps = self.0.iter().enumerate();
        steps.flat_map(|(index, step)| step.notifications(&name, &format!("message-{run:04x}-{index:04}"))).collect()
    }
}

impl Step {
    fn notifications(&self, conversation: &str, id: &str) -> Vec<Notification> {
        let pause = Duration::from_millis(self.pause_ms);
        match &self.action {
            Action::Lifecycle(change) => vec![Notification::lifecycle(conversation, change).after(pause)],
            Action::Says { role, text } => utterance(conversation, pause, id, role, text),
            Action::Writes { role, text } => vec![written(conversation, id, role, text).after(pause)],
            Action::Suggests(result) => {
                vec![Notification::suggestion(conversation, &named(result, conversation)).after(pause)]
            }
        }
    }
}

/// Speech grows word by word, becomes final, and then is a message.
fn utterance(conversation: &str, pause: Duration, id: &str, role: &str, text: &str) -> Vec<Notification> {
    const PER_WORDS: Duration = Duration::from_millis(350);
    const UNTIL_MESSAGE: Duration = Duration::from_millis(150);
    let transcript = |heard: &str, is_final| Notification::transcript(conversation, id, role, heard, is_final);
    let words: Vec<_> = text.split(' ').collect();
    let interim = (3..words.len()).step_by(3).enumerate();
    let mut heard: Vec<_> = interim
        .map(|(nth, count)| {
            transcript(&words[..count].join(" "), false).after(if nth == 0 { pause } else { PER_WORDS })
        })
        .collect();
    heard.push(transcript(text, true).after(PER_WORDS));
    heard.push(written(conversation, id, role, text).after(UNTIL_MESSAGE));
    heard
}

fn written(conversation: &str, id: &str, role: &str, text: &str) -> Notification {
    let name = format!("{conversation}/messages/{id}");
    let mut message =
        json!({"name": name, "content": text, "languageCode": LANGUAGE, "participant": role, "participantRole": role});
    if role == "END_USER" {
        message["sentimentAnalysis"] = sentiment(text);
    }
    Notification::message(conversation, &message)
}

/// The script says `{conversation}` and `{location}` where the names belong.
fn named(value: &Value, conversation: &str) -> Value {
    match value {
        Value::String(text) => {
            let location = conversation.split("/conversations/").next().unwrap_or_default();
            text.replace("{conversation}", conversation).replace("{location}", location).into()
        }
        Value::Array(items) => items.iter().map(|item| named(item, conversation)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, member)| (key.clone(), named(member, conversation))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use event::EventKind;

    use super::*;

    #[test]
    fn the_demo_shows_every_kind_of_event() {
        let name = "projects/p/conversations/demo".parse().unwrap();
        let notifications = Script::all()[0].1.notifications(&name);
        for kind in EventKind::ALL {
            assert!(notifications.iter().any(|notification| notification.kind == kind), "{kind}");
        }
        for notification in &notifications {
            assert_eq!(notification.event["conversation"], "projects/p/locations/global/conversations/demo");
            assert!(!notification.event.to_string().contains("{conversation}"));
            assert!(!notification.event.to_string().contains("{location}"));
        }
    }

    #[test]
    fn all_can_be_played_and_one_is_very_long() {
        let name = "projects/p/conversations/demo".parse().unwrap();
        let lengths = Script::all().map(|(_, script)| script.notifications(&name).len());
        assert!(lengths[..3].iter().all(|length| (8..200).contains(length)) && lengths[3] > 1500, "{lengths:?}");
        let long = &Script::all()[3].1.notifications(&name);
        let names: std::collections::BTreeSet<_> =
            long.iter().filter_map(|it| it.event["newMessagePayload"]["name"].as_str()).collect();
        assert_eq!(names.len(), long.iter().filter(|it| it.kind == EventKind::NewMessage).count());
    }

    #[test]
    fn speech_grows_into_a_message() {
        let heard = utterance("c", Duration::ZERO, "message-7", "END_USER", "one two three four five");
        let transcripts: Vec<_> =
            heard.iter().filter_map(|n| n.event["newRecognitionResultPayload"]["transcript"].as_str()).collect();
        assert_eq!(transcripts, ["one two three", "one two three four five"]);
        assert_eq!(heard.last().unwrap().event["newMessagePayload"]["content"], "one two three four five");
        assert_eq!(heard[0].attributes["message_id"], "message-7");
    }
}

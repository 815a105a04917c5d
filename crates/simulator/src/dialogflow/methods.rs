//! The methods, by verb and path.

use axum::http::Method;
use serde_json::{Value, json};

use super::call::{Call, DialogflowError, invalid, member};
use super::conversation::Conversation;
use super::{Dialogflow, MOST_CONVERSATIONS};
use crate::advice;
use crate::notification::Notification;

type CallResult = Result<Value, DialogflowError>;

impl Dialogflow {
    pub(super) fn call(&self, call: &Call) -> CallResult {
        let resource: Vec<_> = call.resource.iter().map(String::as_str).collect();
        match (&call.method, resource.as_slice(), call.verb.as_deref()) {
            (&Method::POST, ["conversations"], None) => self.create(call),
            (_, ["conversations", id, rest @ ..], verb) => self.in_conversation(call, id, rest, verb),
            (&Method::POST, ["suggestions"], Some("searchKnowledge")) => search(call),
            (&Method::PATCH, ["answerRecords", id], None) => Ok(self.judge(call, id)),
            (&Method::GET, ["conversationProfiles", id], None) => {
                Ok(json!({"name": format!("{}/conversationProfiles/{id}", call.location), "displayName": id}))
            }
            _ => Err(DialogflowError::NotFound("Method")),
        }
    }

    fn create(&self, call: &Call) -> CallResult {
        let chosen = call.text("conversationId", "conversation_id").map(str::to_owned);
        let id = chosen.unwrap_or_else(|| format!("c{:016x}", rand::random::<u64>()));
        let profile = member(&call.body, "conversationProfile", "conversation_profile").and_then(Value::as_str);
        let profile = profile.ok_or_else(|| invalid("conversation_profile is required."))?;
        if !is_id(&id) {
            return Err(invalid("conversation_id must match [a-zA-Z][a-zA-Z0-9_-]* and have 3 to 64 characters."));
        }
        let name = format!("{}/conversations/{id}", call.location);
        let mut conversations = self.conversations.lock();
        if conversations.contains_key(&name) {
            return Err(DialogflowError::AlreadyExists);
        }
        if conversations.len() >= MOST_CONVERSATIONS {
            conversations.pop_first();
        }
        let conversation = Conversation::new(name.clone(), profile);
        let resource = conversation.resource.clone();
        conversations.insert(name.clone(), conversation);
        self.publish([Notification::lifecycle(&name, "CONVERSATION_STARTED")]);
        Ok(resource)
    }

    fn in_conversation(&self, call: &Call, id: &str, rest: &[&str], verb: Option<&str>) -> CallResult {
        let name = format!("{}/conversations/{id}", call.location);
        let mut conversations = self.conversations.lock();
        let conversation = conversations.get_mut(&name).ok_or(DialogflowError::NotFound("Conversation"))?;
        match (&call.method, rest, verb) {
            (&Method::GET, [], None) => Ok(conversation.resource.clone()),
            (&Method::POST, [], Some("complete")) => {
                conversation.complete();
                self.publish([Notification::lifecycle(&name, "CONVERSATION_FINISHED")]);
                Ok(conversation.resource.clone())
            }
            (&Method::GET, ["messages"], None) => Ok(messages(call, conversation)),
            (&Method::GET, ["participants"], None) => Ok(json!({"participants": conversation.participants})),
            (&Method::POST, ["participants"], None) => {
                conversation.enter(call.text("role", "role").ok_or_else(|| invalid("role is required."))?)
            }
            (&Method::GET, ["participants", id], None) => Ok(conversation.participant(id)?.clone()),
            (&Method::PATCH, ["participants", id], None) => merged(conversation.participant(id)?, &call.body),
            (&Method::POST, ["participants", id], Some("analyzeContent")) => self.analyze(call, conversation, id),
            (&Method::POST, ["participants", _, "suggestions"], Some(verb)) => Ok(suggested(call, conversation, verb)),
            (&Method::POST, ["suggestions"], Some("suggestConversationSummary")) => Ok(summary(call, conversation)),
            (&Method::POST, ["suggestions"], Some("generate")) => Ok(generated(call, conversation)),
            (&Method::POST, ["suggestions"], Some("searchKnowledge")) => search(call),
            _ => Err(DialogflowError::NotFound("Method")),
        }
    }

    /// What a participant says is published, and so are suggestions if it was the customer.
    fn analyze(&self, call: &Call, conversation: &mut Conversation, participant: &str) -> CallResult {
        let input = member(&call.body, "textInput", "text_input");
        let text = input.and_then(|input| input["text"].as_str()).filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| invalid("text_input.text is required."))?;
        let message = conversation.say(participant, text)?;
        let latest = message["name"].as_str().unwrap_or_default();
        let suggestions = match message["participantRole"].as_str() {
            Some("END_USER") => advice::suggestions(text, &call.location, latest),
            _ => Vec::new(),
        };
        let name = conversation.name();
        self.publish([Notification::message(name, &message)]);
        self.publish(suggestions.iter().map(|result| Notification::suggestion(name, result)));
        Ok(json!({"message": message, "humanAgentSuggestionResults": suggestions}))
    }

    /// An agent's feedback on a suggestion.
    fn judge(&self, call: &Call, id: &str) -> Value {
        let name = format!("{}/answerRecords/{id}", call.location);
        let record = json!({"name": name, "answerFeedback": call.body["answerFeedback"]});
        let mut feedback = self.feedback.lock();
        if feedback.len() >= MOST_CONVERSATIONS {
            feedback.pop_first();
        }
        feedback.insert(name, record.clone());
        record
    }
}

/// <https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/projects.conversations/create>
fn is_id(id: &str) -> bool {
    let has_form = id.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
    (3..=64).contains(&id.len()) && has_form && id.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// The newest first, in pages.
fn messages(call: &Call, conversation: &Conversation) -> Value {
    let number =
        |camel, snake, default: usize| call.text(camel, snake).and_then(|it| it.parse().ok()).unwrap_or(default);
    let (size, begin) = (number("pageSize", "page_size", 100).clamp(1, 1000), number("pageToken", "page_token", 0));
    let page: Vec<_> = conversation.messages.iter().rev().skip(begin).take(size).collect();
    let next = begin + page.len();
    let mut answer = json!({"messages": page});
    if next < conversation.messages.len() {
        answer["nextPageToken"] = next.to_string().into();
    }
    answer
}

fn merged(resource: &mut Value, changes: &Value) -> CallResult {
    for (name, value) in changes.as_object().ok_or_else(|| invalid("a resource is required."))? {
        if name != "name" {
            resource[name] = value.clone();
        }
    }
    Ok(resource.clone())
}

fn search(call: &Call) -> CallResult {
    let text = call.body["query"]["text"].as_str().ok_or_else(|| invalid("query.text is required."))?;
    Ok(advice::search(text, &call.location))
}

fn suggested(call: &Call, conversation: &Conversation, verb: &str) -> Value {
    let kind = format!("{verb}Response");
    let latest = conversation.latest();
    let said = conversation.said();
    let text = said.iter().rev().find(|(role, _)| role == "END_USER").map_or("", |(_, text)| text);
    let all = advice::suggestions(text, &call.location, latest.as_str().unwrap_or_default());
    all.iter().find_map(|result| result.get(&kind).cloned()).unwrap_or_else(|| json!({"latestMessage": latest}))
}

fn record(call: &Call) -> String {
    format!("{}/answerRecords/summary-{:08x}", call.location, rand::random::<u32>())
}

/// <https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/projects.conversations.suggestions/suggestConversationSummary>
fn summary(call: &Call, conversation: &Conversation) -> Value {
    let sections = advice::summary(&conversation.said());
    let text: Vec<_> = sections.iter().map(|(section, text)| format!("{section}: {text}")).collect();
    let by_name: serde_json::Map<_, _> =
        sections.iter().map(|(name, text)| ((*name).to_owned(), text.clone().into())).collect();
    let sorted: Vec<_> = sections.iter().map(|(name, text)| json!({"section": name, "summary": text})).collect();
    json!({
        "summary": {
            "text": text.join("\n"), "textSections": by_name, "sortedTextSections": sorted,
            "answerRecord": record(call), "baselineModelVersion": "2.0",
        },
        "latestMessage": conversation.latest(), "contextSize": conversation.messages.len(),
    })
}

fn generated(call: &Call, conversation: &Conversation) -> Value {
    let sections = advice::summary(&conversation.said()).into_iter();
    let sections: Vec<_> = sections.map(|(section, summary)| json!({"section": section, "summary": summary})).collect();
    json!({"latestMessage": conversation.latest(), "generatorSuggestionAnswers": [{
        "sourceGenerator": format!("{}/generators/summary", call.location), "answerRecord": record(call),
        "generatorSuggestion": {"summarySuggestion": {"summarySections": sections}}}]})
}

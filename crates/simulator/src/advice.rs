//! What Agent Assist would say to what was said: a few words decide.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

/// What the bookshop knows.
#[expect(clippy::expect_used, reason = "the data is part of the program, and a test reads it")]
static TOPICS: LazyLock<Vec<Topic>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../conversations/knowledge.json")).expect("topics"));

#[derive(Deserialize)]
struct Topic {
    /// One of them is enough.
    words: Vec<String>,
    title: String,
    uri: String,
    question: String,
    answer: String,
    replies: Vec<String>,
    condition: String,
    action: String,
}

/// A customer's mood by words: -1 to 1, and how much of it there is.
pub(crate) fn sentiment(text: &str) -> Value {
    const GLAD: &str = "thank thanks great wonderful perfect lovely good happy glad helpful";
    const CROSS: &str = "not never late wrong broken angry terrible twice nobody complain unacceptable still";
    let count = |words: &str| words_of(text).filter(|said| words.split(' ').any(|word| word == said)).count();
    let (glad, cross) = (count(GLAD), count(CROSS));
    let (glad, cross) = (u32::try_from(glad).unwrap_or(9), u32::try_from(cross).unwrap_or(9));
    let all = f64::from(glad + cross);
    let score = if all == 0.0 { 0.0 } else { (f64::from(glad) - f64::from(cross)) / (all + 1.0) * 1.2 };
    let score = (score.clamp(-1.0, 1.0) * 10.0).round() / 10.0;
    json!({"queryTextSentiment": {"score": score, "magnitude": score.abs()}})
}

/// The suggestions for the agent when a customer has said `text`; `location` names answer records.
pub(crate) fn suggestions(text: &str, location: &str, latest: &str) -> Vec<Value> {
    let record = |kind: &str| format!("{location}/answerRecords/{kind}-{:08x}", rand::random::<u32>());
    let Some(topic) = topic_of(text) else { return vec![small_talk(latest, &record)] };
    vec![
        json!({"suggestArticlesResponse": {"latestMessage": latest, "contextSize": 20, "articleAnswers": [
            {"title": topic.title, "uri": topic.uri, "snippets": [topic.answer], "confidence": 0.82, "answerRecord": record("article")}]}}),
        json!({"suggestFaqAnswersResponse": {"latestMessage": latest, "contextSize": 20, "faqAnswers": [
            {"question": topic.question, "answer": topic.answer, "confidence": 0.9, "source": topic.uri, "answerRecord": record("faq")}]}}),
        replies(&topic.replies, latest, &record),
        json!({"suggestKnowledgeAssistResponse": {"latestMessage": latest, "contextSize": 20, "knowledgeAssistAnswer": {
            "suggestedQuery": {"queryText": topic.question}, "answerRecord": record("knowledge"),
            "suggestedQueryAnswer": {"answerText": topic.answer, "generativeSource": {"snippets": [
                {"uri": topic.uri, "title": topic.title, "text": topic.answer}]}}}}}),
        json!({"generateSuggestionsResponse": {"latestMessage": latest, "generatorSuggestionAnswers": [
            {"sourceGenerator": format!("{location}/generators/coach"), "answerRecord": record("coach"), "generatorSuggestion": {
                "agentCoachingSuggestion": {
                    "applicableInstructions": [{"displayName": topic.title, "condition": topic.condition, "agentAction": topic.action}],
                    "agentActionSuggestions": [{"agentAction": topic.action}],
                    "sampleResponses": [{"responseText": topic.replies.first()}]}}}]}}),
    ]
}

fn small_talk(latest: &str, record: &dyn Fn(&str) -> String) -> Value {
    let answers = ["Could you tell me a little more?", "Let me look that up for you."].map(str::to_owned);
    replies(&answers, latest, record)
}

fn replies(texts: &[String], latest: &str, record: &dyn Fn(&str) -> String) -> Value {
    let answers: Vec<_> = texts
        .iter()
        .zip([0.7, 0.4, 0.2])
        .map(|(text, confidence)| json!({"reply": text, "confidence": confidence, "answerRecord": record("reply")}))
        .collect();
    json!({"suggestSmartRepliesResponse": {"latestMessage": latest, "contextSize": 20, "smartReplyAnswers": answers}})
}

/// What the knowledge base answers to a question of the agent's.
pub(crate) fn search(query: &str, location: &str) -> Value {
    let record = format!("{location}/answerRecords/search-{:08x}", rand::random::<u32>());
    let answers: Vec<_> = topic_of(query)
        .map(|topic| {
            json!({"answer": topic.answer, "answerType": "GENERATIVE", "answerRecord": record, "answerSources": [
                {"title": topic.title, "uri": topic.uri, "snippet": topic.answer}]})
        })
        .into_iter()
        .collect();
    json!({"answers": answers, "rewrittenQuery": query.to_lowercase()})
}

/// The sections of a summary of what was said, by role and text.
pub(crate) fn summary(said: &[(String, String)]) -> Vec<(&'static str, String)> {
    let by = |role: &'static str| said.iter().filter(move |(who, _)| who == role).map(|(_, text)| text.as_str());
    let customer = by("END_USER").max_by_key(|text| text.len()).unwrap_or("The customer has not said anything.");
    let agent = by("HUMAN_AGENT").next_back().unwrap_or("The agent has not answered yet.");
    let mood = by("END_USER")
        .next_back()
        .map_or(0.0, |text| sentiment(text)["queryTextSentiment"]["score"].as_f64().unwrap_or_default());
    let resolution = if mood > 0.0 { "The customer was content in the end." } else { "Not known." };
    vec![("situation", customer.to_owned()), ("action", agent.to_owned()), ("resolution", resolution.to_owned())]
}

fn topic_of(text: &str) -> Option<&'static Topic> {
    let said: Vec<_> = words_of(text).collect();
    // "refunds" are about a "refund" too.
    let is_meant = |word: &String| said.iter().any(|said| said.starts_with(word));
    TOPICS.iter().find(|topic| topic.words.iter().any(is_meant))
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str) -> f64 {
        sentiment(text)["queryTextSentiment"]["score"].as_f64().unwrap()
    }

    #[test]
    fn moods_have_a_sign() {
        assert!(score("That is wonderful, thank you") > 0.0);
        assert!(score("I was charged twice and nobody called") < 0.0);
        assert!(score("My number is 4711").abs() < f64::EPSILON);
    }

    #[test]
    fn a_known_topic_brings_every_kind_of_suggestion() {
        let kinds = |text: &str| -> Vec<String> {
            let suggestions = suggestions(text, "projects/p/locations/l", "m");
            suggestions.iter().flat_map(|it| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>()).collect()
        };
        assert_eq!(kinds("Where is my parcel?").len(), 5);
        assert_eq!(kinds("Hm."), ["suggestSmartRepliesResponse"]);
        assert_eq!(search("refund", "l")["answers"].as_array().unwrap().len(), 1);
        assert_eq!(search("weather", "l")["answers"], json!([]));
    }
}

//! Which methods of Dialogflow are offered
//! (<https://cloud.google.com/dialogflow/es/docs/reference/rest/v2-overview>).

use axum::http::Method;

/// A path of the form `/V/projects/P/locations/L/R`, taken apart as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call<'a> {
    pub(super) project: &'a str,
    pub(super) location: &'a str,
    /// The resource, and the custom method behind a colon.
    resource: &'a str,
}

/// Why a request has no upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotOffered {
    /// There is no such path.
    Path,
    /// The path has other methods; these.
    Method(&'static str),
}

/// The resources of an offer, below the location.
enum Resources {
    /// This path.
    At(&'static str),
    /// Everything below this path, which ends with a slash.
    Below(&'static str),
}

use Resources::{At, Below};

/// Not offered are the lists of all conversations and answer records of a project, and whatever changes the
/// configuration of Agent Assist.
const OFFERS: [(Resources, &str); 13] = [
    (At("conversations"), "POST"),
    (Below("conversations/"), "GET, POST, PATCH"),
    (Below("answerRecords/"), "PATCH"),
    (Below("conversationProfiles/"), "GET"),
    (Below("conversationModels/"), "GET"),
    (Below("generators/"), "GET"),
    (At("companionAgents"), "GET"),
    (Below("companionAgents/"), "GET"),
    (At("tools"), "GET"),
    (Below("tools/"), "GET"),
    (At("suggestions:searchKnowledge"), "POST"),
    (At("suggestions:generateStatelessSummary"), "POST"),
    (At("statelessSuggestion:generate"), "POST"),
];

impl<'a> Call<'a> {
    /// Takes a path apart; nothing if it is none of Dialogflow's.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        let mut parts = path.strip_prefix('/')?.splitn(6, '/');
        let version = parts.next()?;
        let (projects, project, locations, location) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_ours = matches!(version, "v2" | "v2beta1") && projects == "projects" && locations == "locations";
        Some(Self { project, location, resource: parts.next()? }).filter(|_| is_ours)
    }

    pub(super) fn check(&self, method: &Method) -> Result<(), NotOffered> {
        let offer = OFFERS.iter().find(|(resources, _)| match resources {
            At(path) => self.resource == *path,
            Below(path) => self.resource.strip_prefix(path).is_some_and(|id| !id.is_empty()),
        });
        let (_, methods) = offer.ok_or(NotOffered::Path)?;
        if methods.split(", ").any(|offered| offered == method) { Ok(()) } else { Err(NotOffered::Method(methods)) }
    }

    /// Completing a conversation takes no body, whatever a desktop sends.
    pub(super) fn takes_body(&self, method: &Method) -> bool {
        let completes = self.resource.starts_with("conversations/") && self.resource.ends_with(":complete");
        *method != Method::GET && !completes
    }

    /// What it is about, for metrics: the first part of the resource, or the custom method.
    pub(super) fn group(&self) -> &'static str {
        const METHODS: [&str; 14] = [
            "analyzeContent",
            "batchCreate",
            "complete",
            "generate",
            "generateStatelessSummary",
            "ingestContextReferences",
            "searchKnowledge",
            "suggestArticles",
            "suggestConversationSummary",
            "suggestFaqAnswers",
            "suggestKnowledgeAssist",
            "suggestSmartReplies",
            "messages",
            "participants",
        ];
        const COLLECTIONS: [&str; 7] = [
            "conversations",
            "answerRecords",
            "conversationProfiles",
            "conversationModels",
            "generators",
            "companionAgents",
            "tools",
        ];
        let last = self.resource.rsplit([':', '/']).next().unwrap_or_default();
        let first = self.resource.split([':', '/']).next().unwrap_or_default();
        let known = |names: &'static [&'static str], name: &str| names.iter().copied().find(|known| *known == name);
        known(&METHODS, last).or_else(|| known(&COLLECTIONS, first)).unwrap_or("other")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &Method, resource: &str) -> Result<(), NotOffered> {
        let path = format!("/v2/projects/p/locations/l/{resource}");
        Call::parse(&path).ok_or(NotOffered::Path)?.check(method)
    }

    #[test]
    fn what_is_not_offered_is_told_apart_from_a_wrong_method() {
        assert_eq!(check(&Method::GET, "conversations"), Err(NotOffered::Method("POST")));
        assert_eq!(check(&Method::HEAD, "generators/g"), Err(NotOffered::Method("GET")));
        assert_eq!(check(&Method::DELETE, "conversations/c"), Err(NotOffered::Method("GET, POST, PATCH")));
        for resource in
            ["", "answerRecords", "conversations/", "agent", "suggestions:other", "Conversations/c", "tools:x"]
        {
            assert_eq!(check(&Method::GET, resource), Err(NotOffered::Path), "{resource}");
        }
    }

    #[test]
    fn only_paths_with_a_location_are_dialogflows() {
        for path in [
            "/v2/projects/p/conversations/c",
            "/v3/projects/p/locations/l/conversations/c",
            "/v2/projects/p/locations/l",
            "/v2/projects/p/locations",
            "v2/projects/p/locations/l/conversations/c",
            "//v2/projects/p/locations/l/conversations/c",
        ] {
            assert_eq!(Call::parse(path), None, "{path}");
        }
    }

    #[test]
    fn metrics_have_few_groups() {
        let group = |resource: &str| Call { project: "p", location: "l", resource }.group();
        assert_eq!(group("conversations/c/participants/p:analyzeContent"), "analyzeContent");
        assert_eq!(group("conversations/c/messages"), "messages");
        assert_eq!(group("conversations/c"), "conversations");
        assert_eq!(group("tools/t"), "tools");
        assert_eq!(group("x/y"), "other");
    }
}

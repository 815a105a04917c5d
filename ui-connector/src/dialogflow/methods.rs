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

/// The resources of a row, below the location.
#[derive(Debug, Clone, Copy)]
enum Resources {
    /// This path.
    At(&'static str),
    /// Everything below this path, which ends with a slash.
    Below(&'static str),
}

use Resources::{At, Below};

/// What is offered of some resources.
struct Offer {
    resources: Resources,
    /// The HTTP methods, as in the header `Allow`.
    methods: &'static str,
    /// Last parts of paths, or custom methods, that metrics count apart from the resource.
    labels: &'static [&'static str],
}

const fn offer(resources: Resources, methods: &'static str, labels: &'static [&'static str]) -> Offer {
    Offer { resources, methods, labels }
}

/// Not offered are the lists of all conversations and answer records of a project, and methods that change the
/// configuration of Agent Assist.
const OFFERS: [Offer; 13] = [
    offer(At("conversations"), "POST", &[]),
    offer(
        Below("conversations/"),
        "GET, POST, PATCH",
        &[
            "analyzeContent",
            "batchCreate",
            "complete",
            "generate",
            "ingestContextReferences",
            "searchKnowledge",
            "suggestArticles",
            "suggestConversationSummary",
            "suggestFaqAnswers",
            "suggestKnowledgeAssist",
            "suggestSmartReplies",
            "messages",
            "participants",
        ],
    ),
    offer(Below("answerRecords/"), "PATCH", &[]),
    offer(Below("conversationProfiles/"), "GET", &[]),
    offer(Below("conversationModels/"), "GET", &[]),
    offer(Below("generators/"), "GET", &[]),
    offer(At("companionAgents"), "GET", &[]),
    offer(Below("companionAgents/"), "GET", &[]),
    offer(At("tools"), "GET", &[]),
    offer(Below("tools/"), "GET", &[]),
    offer(At("suggestions:searchKnowledge"), "POST", &["searchKnowledge"]),
    offer(At("suggestions:generateStatelessSummary"), "POST", &["generateStatelessSummary"]),
    offer(At("statelessSuggestion:generate"), "POST", &["generate"]),
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

    fn offer(&self) -> Option<&'static Offer> {
        OFFERS.iter().find(|offer| match offer.resources {
            At(path) => self.resource == path,
            Below(path) => self.resource.strip_prefix(path).is_some_and(|id| !id.is_empty()),
        })
    }

    /// Checks that the HTTP method is offered.
    ///
    /// # Errors
    /// [`NotOffered`]
    pub(super) fn check(&self, method: &Method) -> Result<(), NotOffered> {
        let methods = self.offer().ok_or(NotOffered::Path)?.methods;
        if methods.split(", ").any(|offered| offered == method) { Ok(()) } else { Err(NotOffered::Method(methods)) }
    }

    /// Completing a conversation takes no body, whatever a desktop sends.
    pub(super) fn takes_body(&self, method: &Method) -> bool {
        let completes = self.resource.starts_with("conversations/") && self.resource.ends_with(":complete");
        *method != Method::GET && !completes
    }

    /// Returns the label for metrics: the custom method, or else the collection.
    pub(super) fn label(&self) -> &'static str {
        let Some(offer) = self.offer() else { return "other" };
        let last = self.resource.rsplit([':', '/']).next().unwrap_or_default();
        let (At(path) | Below(path)) = offer.resources;
        let collection = path.split([':', '/']).next().unwrap_or_default();
        offer.labels.iter().copied().find(|label| *label == last).unwrap_or(collection)
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
    fn distinguishes_unknown_paths_from_wrong_methods() {
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
    fn rejects_paths_without_a_location() {
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
    fn labels_are_few() {
        let label = |resource: &str| Call { project: "p", location: "l", resource }.label();
        assert_eq!(label("conversations/c/participants/p:analyzeContent"), "analyzeContent");
        assert_eq!(label("conversations/c/messages"), "messages");
        assert_eq!(label("conversations/c"), "conversations");
        assert_eq!(label("tools/t"), "tools");
        assert_eq!(label("x/y"), "other");
    }
}

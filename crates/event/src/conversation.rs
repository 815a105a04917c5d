use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest name that is read. Resource names of Dialogflow stay far below it.
const MAX_LENGTH: usize = 512;

/// A conversation, by its canonical name `projects/P/conversations/C`.
///
/// The full form `projects/P/locations/L/conversations/C` is read as well; the location is
/// dropped, because the services, the desktops and the keys in Redis all use the short form.
/// Cloning copies a pointer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationName(Arc<str>);

/// The text is not the name of a conversation.
#[derive(Debug, thiserror::Error)]
#[error("not a conversation name of the form projects/P[/locations/L]/conversations/C")]
pub struct InvalidConversationName;

impl ConversationName {
    /// The canonical name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the Google Cloud project.
    pub fn project(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }
}

impl FromStr for ConversationName {
    type Err = InvalidConversationName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidConversationName);
        }
        let mut segments = text.split('/');
        let mut next = || segments.next().unwrap_or_default();
        let (projects, project, mut collection, mut id) = (next(), next(), next(), next());
        let location = (collection == "locations").then_some(id);
        if location.is_some() {
            (collection, id) = (next(), next());
        }
        let complete = projects == "projects" && collection == "conversations" && segments.next().is_none();
        if !complete || ![project, location.unwrap_or("global"), id].into_iter().all(is_id) {
            return Err(InvalidConversationName);
        }
        Ok(Self(match location {
            None => text.into(),
            Some(_) => format!("projects/{project}/conversations/{id}").into(),
        }))
    }
}

/// Braces would break the hash tag of the keys in Redis; blanks and control characters occur in no id.
fn is_id(segment: &str) -> bool {
    !segment.is_empty()
        && segment != "."
        && segment != ".."
        && segment
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && !matches!(c, '{' | '}' | '*' | '?' | '#' | '%' | '\\'))
}

impl Borrow<str> for ConversationName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConversationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ConversationName;
    use proptest::prelude::*;

    fn canonical(text: &str) -> Option<String> {
        text.parse::<ConversationName>().ok().map(|name| name.to_string())
    }

    #[test]
    fn the_location_is_dropped() {
        for text in [
            "projects/p/conversations/c",
            "projects/p/locations/global/conversations/c",
            "projects/p/locations/europe-west3/conversations/c",
        ] {
            assert_eq!(canonical(text).as_deref(), Some("projects/p/conversations/c"));
        }
    }

    #[test]
    fn ids_named_like_collections_are_ids() {
        assert_eq!(
            canonical("projects/locations/conversations/projects").as_deref(),
            Some("projects/locations/conversations/projects")
        );
        assert_eq!(
            canonical("projects/p/locations/conversations/conversations/locations").as_deref(),
            Some("projects/p/conversations/locations")
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "x",
            "projects/p",
            "projects//conversations/c",
            "projects/p/conversations/",
            "projects/p/conversations/c/participants/x",
            "projects/p/locations/global/conversations/c/participants/x",
            "/projects/p/conversations/c",
            "projects/p/conversations/c/",
            "projects/p/conversations/..",
            "projects/p/conversations/a b",
            "projects/p/conversations/a\n",
            "projects/p/conversations/{c}",
            "projects/p/agents/c",
            "projects/p/locations//conversations/c",
            "Projects/p/conversations/c",
            "projects/p/conversations/*",
        ] {
            assert_eq!(canonical(text), None, "{text:?}");
        }
        assert_eq!(canonical(&format!("projects/p/conversations/{}", "c".repeat(600))), None);
    }

    proptest! {
        #[test]
        fn a_canonical_name_is_its_own_canonical_form(text in "(projects|locations|conversations|[a-z{}. ]{0,3}|/){0,12}") {
            if let Some(name) = canonical(&text) {
                let again = canonical(&name);
                prop_assert_eq!(again.as_deref(), Some(name.as_str()));
                prop_assert_eq!(name.split('/').count(), 4);
            }
        }
    }
}

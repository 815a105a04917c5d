use std::fmt;
use std::str::FromStr;

/// The four kinds of notification that Agent Assist publishes.
///
/// A kind's name is at once the push path of the interceptor, the `data_type` of the payload and
/// the name of the Socket.IO event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Suggestions of every sort.
    HumanAgentAssistant,
    /// A conversation started, finished or needs a human.
    ConversationLifecycle,
    /// A finished utterance of either side.
    NewMessage,
    /// An interim or final transcript of speech.
    NewRecognitionResult,
}

impl EventKind {
    /// Every kind, in the order of the push paths in the documentation.
    pub const ALL: [Self; 4] =
        [Self::HumanAgentAssistant, Self::ConversationLifecycle, Self::NewMessage, Self::NewRecognitionResult];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HumanAgentAssistant => "human-agent-assistant-event",
            Self::ConversationLifecycle => "conversation-lifecycle-event",
            Self::NewMessage => "new-message-event",
            Self::NewRecognitionResult => "new-recognition-result-notification-event",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names none of the four kinds.
#[derive(Debug, thiserror::Error)]
#[error("not one of the four event kinds")]
pub struct UnknownEventKind;

impl FromStr for EventKind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownEventKind)
    }
}

#[cfg(test)]
mod tests {
    use super::EventKind;

    #[test]
    fn every_name_reads_back() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse::<EventKind>().unwrap(), kind);
        }
        assert!("message".parse::<EventKind>().is_err());
    }
}

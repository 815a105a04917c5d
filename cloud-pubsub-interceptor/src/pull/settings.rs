//! What the environment says about subscriptions to pull from.

use event::EventKind;
use server::env::EnvReader;

const SUBSCRIPTIONS: &str = "PUBSUB_SUBSCRIPTIONS";
const EXPECTED: &str = "NAME=KIND, comma-separated; NAME is projects/P/subscriptions/S, or S beside GCP_PROJECT_ID";
const MIB: usize = 1024 * 1024;

/// One subscription, without a push endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// `projects/P/subscriptions/S`.
    pub name: String,
    /// What its messages are.
    pub kind: EventKind,
}

/// What is pulled, and how much of it at a time.
#[derive(Debug, Clone)]
pub struct PullSettings {
    /// The subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Messages of each subscription that may be on their way to Redis.
    pub messages: usize,
    /// Bytes of each subscription's messages that may be on their way.
    pub bytes: usize,
    /// Where the emulator is, `host:port`, if it stands in for Pub/Sub.
    pub emulator: Option<String>,
}

impl PullSettings {
    /// Reads `PUBSUB_SUBSCRIPTIONS`, without which nothing is pulled, and what belongs to it.
    pub fn read(env: &mut EnvReader) -> Option<Self> {
        let messages = env.parse_within("PULL_MAX_MESSAGES", "1 to 100000", 1000, |n| (1..=100_000).contains(n));
        let megabytes = env.parse_within("PULL_MAX_MEGABYTES", "10 to 65536", 64, |n| (10..=65_536).contains(n));
        let (emulator, project) = (env.text("PUBSUB_EMULATOR_HOST").map(str::to_owned), env.text("GCP_PROJECT_ID"));
        let (list, project) = (env.text("PUBSUB_SUBSCRIPTIONS")?.to_owned(), project.map(str::to_owned));
        if !cfg!(feature = "pull") {
            env.problem(SUBSCRIPTIONS, "something", "nothing: this program was built without the feature \"pull\"");
            return None;
        }
        let mut subscriptions = Vec::new();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match subscription(entry, project.as_deref()) {
                Some(subscription) => subscriptions.push(subscription),
                None => env.problem(SUBSCRIPTIONS, format!("{entry:?}"), EXPECTED),
            }
        }
        Some(Self { subscriptions, messages, bytes: megabytes * MIB, emulator })
    }
}

fn subscription(entry: &str, project: Option<&str>) -> Option<Subscription> {
    let (name, kind) = entry.split_once('=')?;
    let (name, kind) = (name.trim(), kind.trim().parse().ok()?);
    let is_id = |id: &str| !id.is_empty() && !id.contains(['/', ' ']);
    let name = match name.split('/').collect::<Vec<_>>()[..] {
        ["projects", project, "subscriptions", id] if is_id(project) && is_id(id) => name.to_owned(),
        [id] if is_id(id) => format!("projects/{}/subscriptions/{id}", project?),
        _ => return None,
    };
    Some(Subscription { name, kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use server::env::Env;

    fn read(env: &[(&'static str, &str)]) -> Result<Option<PullSettings>, String> {
        let mut reader = env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Env>().reader();
        let settings = PullSettings::read(&mut reader);
        reader.finish(settings).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_pulled_unless_it_is_named() {
        assert!(read(&[]).unwrap().is_none());
    }

    #[test]
    fn names_are_whole_or_of_the_project() {
        let list = "projects/q/subscriptions/a=new-message-event, b = human-agent-assistant-event,";
        let settings = read(&[(SUBSCRIPTIONS, list), ("GCP_PROJECT_ID", "p")]).unwrap().unwrap();
        let found: Vec<_> = settings.subscriptions.iter().map(|s| (s.name.as_str(), s.kind)).collect();
        let expected = [
            ("projects/q/subscriptions/a", EventKind::NewMessage),
            ("projects/p/subscriptions/b", EventKind::HumanAgentAssistant),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_mistake_is_told() {
        for list in ["a", "a=", "a=news", "=new-message-event", "x/y=new-message-event", "a=new-message-event"] {
            let problem = read(&[(SUBSCRIPTIONS, list)]).unwrap_err();
            assert!(problem.contains(SUBSCRIPTIONS) && problem.contains("GCP_PROJECT_ID"), "{list}: {problem}");
        }
    }
}

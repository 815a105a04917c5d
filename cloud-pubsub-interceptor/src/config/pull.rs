//! What is pulled.

use settings::kinds::quoted;
use settings::{Kind as _, Reader};

use crate::variables::{PUBSUB_EMULATOR_HOST, PUBSUB_SUBSCRIPTIONS, Subscription};

/// What is pulled.
#[derive(Debug, Clone)]
pub struct PullSettings {
    /// The subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Where the emulator is, `host:port`, if it stands in for Pub/Sub.
    pub emulator: Option<String>,
}

impl PullSettings {
    /// Reads `PUBSUB_SUBSCRIPTIONS`, without which nothing is pulled, and `PUBSUB_EMULATOR_HOST`. Subscriptions that name no project
    /// belong to `project`.
    pub fn read(env: &mut Reader, project: Option<&str>) -> Option<Self> {
        let (emulator, mut subscriptions) = (PUBSUB_EMULATOR_HOST.read(env), PUBSUB_SUBSCRIPTIONS.read(env));
        if !cfg!(feature = "pull") && !subscriptions.is_empty() {
            let expected = "nothing: this program was built without the feature \"pull\"";
            PUBSUB_SUBSCRIPTIONS.problem(env, "something", expected);
        }
        for Subscription { name, .. } in subscriptions.iter_mut().filter(|it| !it.name.contains('/')) {
            match project {
                Some(project) => *name = format!("projects/{project}/subscriptions/{name}"),
                None => PUBSUB_SUBSCRIPTIONS.problem(env, quoted(name), Subscription::EXPECTED),
            }
        }
        (!subscriptions.is_empty()).then_some(Self { subscriptions, emulator })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::EventKind;
    use settings::Env;

    fn read(list: &str, project: Option<&str>) -> Result<Option<PullSettings>, String> {
        let mut env = Env::from([("PUBSUB_SUBSCRIPTIONS", list)]).reader();
        let settings = PullSettings::read(&mut env, project);
        env.finish(Some(settings)).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_pulled_unless_it_is_named() {
        assert!(read("", Some("p")).unwrap().is_none());
    }

    #[test]
    fn names_are_whole_or_of_the_project() {
        let list = "projects/q/subscriptions/a=new-message-event, b = human-agent-assistant-event,";
        let settings = read(list, Some("p")).unwrap().unwrap();
        let found: Vec<_> = settings.subscriptions.iter().map(|s| (s.name.as_str(), s.kind)).collect();
        let expected = [
            ("projects/q/subscriptions/a", EventKind::NewMessage),
            ("projects/p/subscriptions/b", EventKind::HumanAgentAssistant),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn mistakes_are_reported() {
        for list in ["a", "a=", "a=news", "=new-message-event", "x/y=new-message-event", "a=new-message-event"] {
            let problem = read(list, None).unwrap_err();
            assert!(
                problem.starts_with("PUBSUB_SUBSCRIPTIONS: ") && problem.contains("GCP_PROJECT_ID"),
                "{list}: {problem}"
            );
        }
    }
}

//! The environment, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt;

use crate::variable::Variable;

/// Shorter names resemble too many others.
const LEAST_TO_COMPARE: usize = 8;
/// Characters by which two longer names may differ and still be similar.
const SIMILAR: usize = 2;

/// The variables that a process was started with. Tests pass their own.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// The environment of this process. Values that are not Unicode are left out.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect())
    }

    pub fn reader(self) -> Reader {
        Reader { env: self, problems: Vec::new() }
    }

    /// Finds variables that are set but unknown and resemble an unset variable of `tables` most, as `REDIS_HOST` resembles
    /// `REDISHOST`: pairs of the unknown name and the known one.
    pub fn misspelt<'a>(&'a self, tables: &[&'static [Variable]]) -> Vec<(&'a str, &'static str)> {
        let known = || tables.iter().copied().flatten().map(|variable| variable.name);
        let unknown = self.0.keys().filter(|name| known().all(|known| known != name.as_str()));
        let pair = |name: &'a String| {
            let similar = known().filter_map(|known| Some((difference(name, known)?, known)));
            let (_, closest) = similar.min()?;
            self.get(closest).is_none().then_some((name.as_str(), closest))
        };
        unknown.filter_map(pair).collect()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// In how many characters two names differ, apart from underscores and case; nothing if in too many.
fn difference(name: &str, known: &str) -> Option<usize> {
    let [name, known] = [name, known].map(|name| name.replace('_', "").to_ascii_uppercase());
    let most = if name.len().min(known.len()) < LEAST_TO_COMPARE { 0 } else { SIMILAR };
    Some(strsim::osa_distance(&name, &known)).filter(|difference| *difference <= most)
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Env {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

/// A setting that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    name: &'static str,
    found: String,
    expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {}", self.name, self.found, self.expected)
    }
}

/// All settings that cannot be used, one line each. Holds no secret.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Gives the variables to [settings](crate::Setting) and collects what is wrong with them.
///
/// An empty value counts as unset, because deployment scripts pass empty values for what they do not set. The default is the
/// reader of an empty environment, which gives every setting its default.
#[derive(Default)]
pub struct Reader {
    env: Env,
    problems: Vec<Problem>,
}

impl Reader {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.env.get(name)
    }

    pub(crate) fn problem(&mut self, name: &'static str, found: String, expected: String) {
        let problem = Problem { name, found, expected };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Ends the reading. There is no `value` if something that has no default was a problem.
    ///
    /// # Errors
    /// Every problem that was noted.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, ConfigError> {
        value.filter(|_| self.problems.is_empty()).ok_or(ConfigError(self.problems))
    }
}

#[cfg(test)]
mod tests {
    use super::{Env, difference};
    use crate::kinds::Text;

    crate::settings! {
        const TABLE;

        /// Host.
        REDISHOST: Text = "localhost";
        /// Port.
        REDISPORT: Text = "6379";
    }

    #[test]
    fn misspelt_names_are_found_unless_the_right_one_is_set() {
        let env = Env::from([("REDIS_HOST", "h"), ("REDIS_PORT", "1"), ("REDISPORT", "2"), ("HOME", "/")]);
        assert_eq!(env.misspelt(&[TABLE]), [("REDIS_HOST", "REDISHOST")]);
    }

    #[test]
    fn similar_names_differ_in_a_few_characters_of_many() {
        for (name, known) in
            [("auth_option", "AUTH_OPTION"), ("AUTH_OPTIONS", "AUTH_OPTION"), ("GCP_PROJECT", "GCP_PROJECT_ID")]
        {
            assert!(difference(name, known).is_some(), "{name}");
        }
        for (name, known) in [
            ("PATH", "PORT"),
            ("SERVICE", "K_SERVICE"),
            ("OIDC_ISSUER", "OIDC_AUDIENCE"),
            ("MAX_CONNECTIONS", "MAX_LOGINS"),
        ] {
            assert_eq!(difference(name, known), None, "{name}");
        }
    }
}

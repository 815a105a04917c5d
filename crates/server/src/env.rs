//! The environment, read once at start into types, with every mistake reported together.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// The variables that a process was started with. Tests pass their own.
#[derive(Clone, Default)]
pub struct Env(HashMap<String, String>);

impl Env {
    /// The environment of this process. Values that are not Unicode are left out.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect())
    }

    /// Begins to read.
    pub fn reader(self) -> EnvReader {
        EnvReader { env: self, problems: Vec::new() }
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Env {
    fn from(pairs: [(K, V); N]) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl FromIterator<(&'static str, String)> for Env {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

/// One setting that cannot be used.
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
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Reads typed settings and collects what is wrong with them.
///
/// An empty value counts as unset, because deploy scripts pass empty values for what they do not set.
pub struct EnvReader {
    env: Env,
    problems: Vec<Problem>,
}

impl EnvReader {
    /// The text of a variable, unless it is unset or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.env.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The text of a variable, or `default`.
    pub fn text_or(&self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or(default).to_owned()
    }

    /// A variable that must be set; `expected` says what it is.
    pub fn required(&mut self, name: &'static str, expected: &str) -> String {
        if let Some(text) = self.text(name) {
            return text.to_owned();
        }
        self.problem(name, "nothing", expected);
        String::new()
    }

    /// A value that `T` can read, or `default` if the variable is unset or malformed (then it is a problem).
    pub fn parse<T: FromStr>(&mut self, name: &'static str, expected: &str, default: T) -> T {
        self.parse_within(name, expected, default, |_| true)
    }

    /// Like [`EnvReader::parse`], and the value must also satisfy `valid`.
    pub fn parse_within<T: FromStr>(
        &mut self,
        name: &'static str,
        expected: &str,
        default: T,
        valid: impl Fn(&T) -> bool,
    ) -> T {
        let Some(text) = self.text(name).map(str::to_owned) else { return default };
        if let Some(value) = text.trim().parse().ok().filter(&valid) {
            return value;
        }
        self.problem(name, format!("{text:?}"), expected);
        default
    }

    /// A value that `T` can read, unless the variable is unset or malformed (then it is a problem). The value is not shown,
    /// because it may hold a secret.
    pub fn optional<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Option<T> {
        let value = self.text(name)?.trim().parse().ok();
        if value.is_none() {
            self.problem(name, "something else", expected);
        }
        value
    }

    /// `true` or `false`, or another pair of words for it, in any case.
    pub fn flag(&mut self, name: &'static str, default: bool) -> bool {
        let lower = self.text(name).map(str::to_ascii_lowercase);
        match lower.as_deref() {
            None => default,
            Some("true" | "1" | "yes" | "on") => true,
            Some("false" | "0" | "no" | "off") => false,
            Some(other) => {
                self.problem(name, format!("{other:?}"), "true or false");
                default
            }
        }
    }

    /// Notes that a setting cannot be used. `found` must hold no secret.
    pub fn problem(&mut self, name: &'static str, found: impl Into<String>, expected: impl Into<String>) {
        self.problems.push(Problem { name, found: found.into(), expected: expected.into() });
    }

    /// Ends a reading that cannot succeed: something that has no default was a problem.
    ///
    /// # Errors
    /// Always, with every problem that was noted.
    pub fn fail<T>(self) -> Result<T, ConfigError> {
        Err(ConfigError(self.problems))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Every problem that was noted.
    pub fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        if self.problems.is_empty() { Ok(value) } else { Err(ConfigError(self.problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::Env;

    #[test]
    fn an_empty_value_counts_as_unset() {
        let mut reader = Env::from([("PORT", ""), ("NAME", "")]).reader();
        assert_eq!(reader.parse("PORT", "a port", 8080_u16), 8080);
        assert_eq!(reader.text("NAME"), None);
        assert!(reader.finish(()).is_ok());
    }

    #[test]
    fn all_problems_are_told_together() {
        let mut reader = Env::from([("PORT", "eighty"), ("ON", "perhaps"), ("TIMES", "7")]).reader();
        reader.parse("PORT", "a port number", 1_u16);
        reader.flag("ON", true);
        reader.required("PROJECT", "a project id");
        reader.parse_within("TIMES", "1 to 5", 1_u8, |times| (1..=5).contains(times));
        let error = reader.finish(()).unwrap_err().to_string();
        let lines: Vec<_> = error.lines().collect();
        assert_eq!(
            lines,
            [
                "PORT: found \"eighty\", expected a port number",
                "ON: found \"perhaps\", expected true or false",
                "PROJECT: found nothing, expected a project id",
                "TIMES: found \"7\", expected 1 to 5",
            ]
        );
    }
}

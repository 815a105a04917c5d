//! The declaration of a variable.

use std::marker::PhantomData;

use crate::env::Reader;
use crate::variable::Variable;

/// What the values of a variable look like, and what they are read into.
pub trait Kind {
    type Value;

    /// What a value has to be, unless [`Kind::expected`] says it.
    const EXPECTED: &str = "";
    /// Whether values must never be shown.
    const SECRET: bool = false;

    /// Reads a value: a text that is not empty, without white space around it.
    ///
    /// # Errors
    /// What was found in the place of a value. It goes to the operator, so it must not contain a secret.
    fn parse(text: &str) -> Result<Self::Value, String>;

    /// What a value has to be, such as `1 to 600`.
    fn expected() -> String {
        Self::EXPECTED.to_owned()
    }

    /// The value of a variable that is not set; `text` is the default in the table.
    fn default(text: &str) -> Self::Value {
        Self::parse(text).unwrap_or_else(|found| unreachable!("a test reads every default, such as {found}"))
    }
}

impl<K: Kind> Kind for Option<K> {
    type Value = Option<K::Value>;

    const SECRET: bool = K::SECRET;

    fn parse(text: &str) -> Result<Self::Value, String> {
        K::parse(text).map(Some)
    }

    fn expected() -> String {
        K::expected()
    }

    fn default(_: &str) -> Self::Value {
        None
    }
}

/// A variable whose values are of the kind `K`.
#[derive(Debug)]
pub struct Setting<K> {
    variable: Variable,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Setting<K> {
    #[doc(hidden)]
    pub const fn new(name: &'static str, about: &'static str, default: &'static str, unset: &'static str) -> Self {
        let (secret, expected) = (K::SECRET, K::expected as fn() -> String);
        Self { variable: Variable { name, secret, about, default, unset, expected }, kind: PhantomData }
    }

    /// What the documentation says about it.
    pub const fn variable(&self) -> Variable {
        self.variable
    }

    /// Its value; the default if it is unset, or malformed, which is a problem then.
    pub fn read(&self, env: &mut Reader) -> K::Value {
        let value = env.text(self.variable.name).map(K::parse);
        match value {
            Some(Ok(value)) => return value,
            Some(Err(found)) => self.problem(env, found, K::expected()),
            None => {}
        }
        K::default(self.variable.default)
    }

    /// Notes that its value cannot be used, which only other settings show. `found` must not contain a secret.
    pub fn problem(&self, env: &mut Reader, found: impl Into<String>, expected: impl Into<String>) {
        env.problem(self.variable.name, found.into(), expected.into());
    }
}

impl<K: Kind> Setting<Option<K>> {
    /// Its value. It is a problem if there is none.
    pub fn required(&self, env: &mut Reader) -> Option<K::Value> {
        if env.text(self.variable.name).is_none() {
            self.problem(env, "nothing", K::expected());
        }
        self.read(env)
    }
}

/// Declares the variables of one owner, and a table of them.
///
/// ```text
/// settings! {
///     /// What the service reads.
///     pub const VARIABLES;
///
///     /// Port to listen on.
///     PORT: Port = "8080";
///     /// Port of the metrics.
///     METRICS_PORT: Option<Port>, else "none: no metrics";
/// }
/// ```
///
/// Each line makes a constant, a [`Setting`] of that kind. A kind in `Option` has no default; `else` says what holds then.
#[macro_export]
macro_rules! settings {
    (
        $(#[$about_table:meta])* $visibility:vis const $table:ident;
        $($(#[doc = $about:literal])+ $name:ident: $kind:ty $(= $default:literal)? $(, else $unset:literal)?;)+
    ) => {
        $(
            $(#[doc = $about])+
            $visibility const $name: $crate::Setting<$kind> = $crate::Setting::new(
                stringify!($name), concat!($($about, "\n"),+), concat!($($default)?), concat!($($unset)?),
            );
        )+
        $(#[$about_table])*
        $visibility const $table: &[$crate::Variable] = &[$($name.variable()),+];
    };
}

#[cfg(test)]
mod tests {
    use crate::kinds::{File, Number, Seconds, Secret, Text};
    use crate::{Env, Reader};

    settings! {
        const TABLE;

        /// How long
        /// to wait.
        WAIT_SECONDS: Seconds<1, 600> = "30";
        /// How many.
        LIMIT: Option<Number<0, 16>>, else "as many as there are cores";
        /// Who.
        NAME: Option<Text>;
        /// The password.
        PASSWORD: Option<Secret<16>>;
        /// Certificates.
        CA_CERT: Option<File>;
    }

    fn problems(env: Reader) -> String {
        env.finish::<()>(None).unwrap_err().to_string()
    }

    #[test]
    fn a_variable_is_documented_as_it_is_read() {
        let [wait, limit, name, password, _] = TABLE else { panic!("{TABLE:?}") };
        assert_eq!((wait.name, wait.about().collect()), ("WAIT_SECONDS", vec!["How long", "to wait."]));
        assert_eq!((wait.default(), wait.expected()), ("`30`".to_owned(), "1 to 600".to_owned()));
        assert_eq!(limit.default(), "as many as there are cores");
        assert_eq!(name.default(), "none");
        assert!(password.secret && !name.secret);
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        for mut env in [Env::default().reader(), Env::from([("WAIT_SECONDS", ""), ("LIMIT", " ")]).reader()] {
            assert_eq!((WAIT_SECONDS.read(&mut env).as_secs(), LIMIT.read(&mut env)), (30, None));
            assert!(env.finish(Some(())).is_ok());
        }
    }

    #[test]
    fn all_problems_are_reported_together_each_once() {
        let values = [("WAIT_SECONDS", "7m"), ("LIMIT", "17"), ("PASSWORD", "geheim"), ("CA_CERT", "/nowhere/ca.pem")];
        let mut env = Env::from(values).reader();
        assert_eq!(WAIT_SECONDS.read(&mut env).as_secs(), 30);
        assert_eq!((LIMIT.read(&mut env), LIMIT.read(&mut env)), (None, None));
        assert!(NAME.required(&mut env).is_none() && PASSWORD.required(&mut env).is_none());
        CA_CERT.read(&mut env);
        let text = problems(env);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "WAIT_SECONDS: found \"7m\", expected 1 to 600",
                "LIMIT: found \"17\", expected 0 to 16",
                "NAME: found nothing, expected a text",
                "PASSWORD: found 6 bytes, expected at least 16 bytes",
                "CA_CERT: found /nowhere/ca.pem (No such file or directory (os error 2)), expected a readable file",
            ]
        );
    }

    #[test]
    fn a_value_that_only_others_show_to_be_wrong_is_a_problem_too() {
        let mut env = Env::from([("NAME", "a")]).reader();
        assert_eq!(NAME.required(&mut env).as_deref(), Some("a"));
        NAME.problem(&mut env, "a beside b", "one of them");
        assert_eq!(problems(env), "NAME: found a beside b, expected one of them");
    }
}

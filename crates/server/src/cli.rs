//! The command line: what a program says about itself, and what it can be asked to do instead of running.

use std::ffi::OsString;
use std::fmt;

use settings::Variable;

/// The version of this repository.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit that the program was built from, or `unknown`.
pub const COMMIT: &str = env!("GIT_COMMIT");

#[derive(Debug)]
pub struct Program {
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// The variables that it reads, in tables.
    pub variables: &'static [&'static [Variable]],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Run,
    CheckConfig,
    HealthCheck,
    Help,
    Version,
}

/// The arguments of a command line that asks for nothing known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown arguments: {0}")]
pub(crate) struct UnknownArguments(String);

impl Command {
    /// Reads the arguments that follow the name of the program.
    pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, UnknownArguments> {
        let arguments: Vec<_> = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => Ok(Self::Run),
            ["--check-config"] => Ok(Self::CheckConfig),
            ["healthcheck"] => Ok(Self::HealthCheck),
            ["--help" | "-h"] => Ok(Self::Help),
            ["--version" | "-V"] => Ok(Self::Version),
            _ => Err(UnknownArguments(arguments.join(" "))),
        }
    }
}

impl Program {
    pub fn warn_of_misspelt_variables(&self) {
        for (variable, setting) in settings::Env::of_process().misspelt(self.variables) {
            tracing::warn!(variable, did_you_mean = setting, "an environment variable is unknown and has no effect");
        }
    }

    pub(crate) fn version(&self) -> String {
        format!("{} {VERSION} (commit {COMMIT})", self.name)
    }

    pub(crate) fn usage(&self) -> String {
        format!("Usage: {} [healthcheck | --check-config | --help | --version]", self.name)
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n\n{}\n", self.version(), self.about, self.usage())?;
        writeln!(f, "Without arguments it runs until SIGTERM or SIGINT, configured by its environment.\n")?;
        writeln!(f, "  healthcheck     asks the instance that listens on PORT whether it is alive; exits with 0 or 1")?;
        writeln!(
            f,
            "  --check-config  checks the environment and exits with 0, or with 78 after naming every problem"
        )?;
        writeln!(f, "  --help          prints this text")?;
        writeln!(f, "  --version       prints the version and the commit\n\nEnvironment variables:")?;
        for variable in self.variables.iter().copied().flatten() {
            writeln!(f, "\n  {}", variable.name)?;
            for line in variable.about() {
                writeln!(f, "      {line}")?;
            }
            let (default, expected) = (variable.default().replace('`', ""), variable.expected());
            writeln!(f, "      Value: {expected}. Default: {default}.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Command, UnknownArguments> {
        Command::read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn one_argument_at_most_says_what_to_do() {
        assert_eq!(read(&[]), Ok(Command::Run));
        assert_eq!(read(&["--version"]), read(&["-V"]));
        for unknown in [&["--verbose"][..], &["healthcheck", "now"], &[""]] {
            assert!(read(unknown).is_err(), "{unknown:?}");
        }
    }
}

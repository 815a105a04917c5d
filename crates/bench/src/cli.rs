//! The command line.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use agent_assist_bench::{deployment::Target, plan::Plan, scenario::Scenario};
use clap::{Parser, ValueEnum};

/// Measures the services beside a bare relay and prints the figures next to their goals.
#[derive(Parser)]
#[command(name = "agent-assist-bench")]
pub(crate) struct Cli {
    /// What to play [default: all but ramp]
    scenarios: Vec<Scenario>,
    /// Shorter, for a first impression
    #[arg(long)]
    quick: bool,
    /// How often each scenario is played; the median counts, of faults the worst [default: 3, or 1 with --quick]
    #[arg(long)]
    rounds: Option<usize>,
    /// Idle desktops that are held for the memory of one [default: 10000]
    #[arg(long)]
    idle_desktops: Option<usize>,
    /// Which targets to measure [default: services, without-log and bare-relay if they are built, embedded if --embedded is given]
    #[arg(long, value_delimiter = ',')]
    targets: Vec<TargetName>,
    /// Folder of the binaries ui-connector and cloud-pubsub-interceptor [default: that of this program]
    #[arg(long, value_name = "FOLDER")]
    bin_dir: Option<PathBuf>,
    /// The bare relay [default: `examples/bare_relay` beside this program]
    #[arg(long, value_name = "PROGRAM")]
    peer: Option<PathBuf>,
    /// A program that is both services in one process: the connector on `$PORT`, the interceptor on `$INTERCEPTOR_PORT`
    #[arg(long, value_name = "PROGRAM")]
    embedded: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TargetName {
    Services,
    WithoutLog,
    Embedded,
    BareRelay,
}

impl Cli {
    pub(crate) fn scenarios(&self) -> Vec<Scenario> {
        if self.scenarios.is_empty() { Scenario::DEFAULT.to_vec() } else { self.scenarios.clone() }
    }

    pub(crate) fn plan(&self) -> Plan {
        let plan = if self.quick { Plan::quick() } else { Plan::full() };
        Plan { idle_desktops: self.idle_desktops.unwrap_or(plan.idle_desktops), ..plan }
    }

    pub(crate) fn rounds(&self) -> usize {
        let default = if self.quick { 1 } else { 3 };
        self.rounds.unwrap_or(default).max(1)
    }

    /// The targets to measure, all of which exist.
    ///
    /// # Errors
    /// When a program is missing that was asked for.
    pub(crate) fn targets(&self) -> io::Result<Vec<Target>> {
        let here = env::current_exe()?.parent().map(Path::to_owned).unwrap_or_default();
        let peer = self.peer.clone().unwrap_or_else(|| here.join("examples/bare_relay"));
        let publish_only = here.join("examples/publish_only");
        let programs = self.bin_dir.clone().unwrap_or_else(|| here.clone());
        let names = self.target_names(&publish_only, &peer);
        let target = |name| match name {
            TargetName::Services => Ok(Target::Services(programs.clone())),
            TargetName::WithoutLog => {
                Ok(Target::WithoutLog { programs: programs.clone(), interceptor: publish_only.clone() })
            }
            TargetName::BareRelay => Ok(Target::BareRelay(peer.clone())),
            TargetName::Embedded => {
                let program = self.embedded.clone().map(Target::Embedded);
                program.ok_or_else(|| io::Error::other("the target embedded needs --embedded PROGRAM"))
            }
        };
        names.into_iter().map(|name| exists(target(name)?)).collect()
    }

    fn target_names(&self, publish_only: &Path, peer: &Path) -> Vec<TargetName> {
        if !self.targets.is_empty() {
            return self.targets.clone();
        }
        let mut names = vec![TargetName::Services];
        names.extend(publish_only.exists().then_some(TargetName::WithoutLog));
        names.extend(self.embedded.as_ref().map(|_| TargetName::Embedded));
        names.extend((self.peer.is_some() || peer.exists()).then_some(TargetName::BareRelay));
        names
    }
}

/// The target with absolute paths, because its programs run in a folder of their own.
fn exists(target: Target) -> io::Result<Target> {
    for program in target.programs() {
        if !program.is_file() {
            let message = format!("{} is missing; build it with --release first", program.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
    }
    Ok(match target {
        Target::Services(folder) => Target::Services(folder.canonicalize()?),
        Target::WithoutLog { programs, interceptor } => {
            Target::WithoutLog { programs: programs.canonicalize()?, interceptor: interceptor.canonicalize()? }
        }
        Target::Embedded(program) => Target::Embedded(program.canonicalize()?),
        Target::BareRelay(program) => Target::BareRelay(program.canonicalize()?),
    })
}

//! Loads the services with desktops and Pub/Sub pushes, and prints what that costs them.
//!
//! It starts the real programs beside a Redis of their own, puts them under load, and measures a bare relay that does
//! only the least in the same run. Only figures of one run can be compared, and only of a machine that did nothing else.
#![expect(clippy::expect_used, reason = "what goes wrong fails the scenario")]

mod desktops;
mod event;
mod http;
mod open_loop;
mod order;
mod plan;
mod report;
mod scenario;
mod target;
#[cfg(test)]
mod tests;
mod ticker;
mod units;
mod usage;

use std::error::Error;
use std::io::{self, Write as _};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Parser, ValueEnum as _};
use futures_util::FutureExt as _;
use plan::LoadPlan;
use procfs::{Current as _, LoadAverage};
use report::{Report, progress};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use scenario::Scenario;
use target::Target;
use testkit::build_folder;
use tokio::signal::unix::{SignalKind, signal};

/// Measures the services beside a bare relay and prints a table.
#[derive(Parser)]
#[command(name = "agent-assist-bench")]
struct Cli {
    /// What to play [default: everything]
    scenarios: Vec<Scenario>,
    /// Shorter, for a first impression
    #[arg(long)]
    quick: bool,
    /// How often each scenario is played; the median counts, of faults the worst [default: 3, or 1 with --quick]
    #[arg(long)]
    rounds: Option<usize>,
    /// What to measure [default: everything]
    #[arg(long, value_delimiter = ',', default_value = "services,embedded,bare-relay")]
    targets: Vec<Target>,
    /// Idle desktops that are held for the memory of one
    #[arg(long, default_value_t = 10_000)]
    idle_desktops: usize,
    /// Folder of the programs [default: that of this program]
    #[arg(long, value_name = "FOLDER")]
    bin_dir: Option<PathBuf>,
}

/// One thread for all desktops and pushes: the services need the other processors.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // To end here, and not at once, ends the processes under measurement too.
    let result = tokio::select! {
        result = run(&cli) => result,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        () = terminated() => Err("terminated".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn terminated() {
    let mut signals = signal(SignalKind::terminate()).expect("a handler for a signal");
    signals.recv().await;
}

/// Plays everything and prints the report.
///
/// # Errors
/// If something cannot be played, or an event was lost, came twice or out of order.
async fn run(cli: &Cli) -> Result<(), Box<dyn Error>> {
    let build = cli.bin_dir.clone().unwrap_or_else(build_folder).canonicalize()?;
    let mut programs = cli.targets.iter().flat_map(|target| target.programs());
    if let Some((_, program)) = programs.find(|(_, program)| !build.join(program).is_file()) {
        return Err(format!("{program} is missing in {}; `make bench` builds everything", build.display()).into());
    }
    let (idle_desktops, duration) = (cli.idle_desktops, Duration::from_secs(if cli.quick { 2 } else { 10 }));
    let plan = LoadPlan { build, idle_desktops, desktops: 1000, rates: vec![1000, 5000, 20_000], duration };
    // Each desktop is an open file, here and in the services, which inherit this limit.
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files })?;
    let load = LoadAverage::current()?.one;
    let mut report = Report::new(cli.targets.iter().map(|target| target.name()).collect());
    let mut failed = 0;
    for scenario in if cli.scenarios.is_empty() { Scenario::value_variants() } else { &cli.scenarios } {
        failed += play_rounds(*scenario, cli, &plan, &mut report).await;
    }
    let cores = thread::available_parallelism()?;
    writeln!(io::stdout(), "{cores} cores, load average before the start {load}\n\n{report}")?;
    match (failed, report.has_faults()) {
        (0, false) => Ok(()),
        (0, true) => Err("there were faults, see above".into()),
        _ => Err(format!("{failed} rounds failed, see above").into()),
    }
}

/// Plays a scenario with each target in turn, several times, so that whatever else happens on the machine hits all of
/// them; how many rounds could not be played.
async fn play_rounds(scenario: Scenario, cli: &Cli, plan: &LoadPlan, report: &mut Report) -> u32 {
    let rounds = cli.rounds.unwrap_or(if cli.quick { 1 } else { 3 });
    let mut failed = 0;
    for round in 1..=rounds {
        for (column, target) in cli.targets.iter().enumerate() {
            let what = format!("{scenario:?}, {}, round {round} of {rounds}", target.name());
            progress(&what);
            if let Ok(figures) = AssertUnwindSafe(scenario.play(*target, plan)).catch_unwind().await {
                for figure in figures {
                    report.add(column, figure);
                }
            } else {
                progress(&format!("{what}: failed"));
                failed += 1;
            }
        }
    }
    failed
}

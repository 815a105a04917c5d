//! `make chaos`: plays for some minutes, prints the figures, and fails if an event was lost, came twice or out of order.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chaos::Plan;
use clap::Parser;

/// Breaks everything around the services at random, and counts what the desktops got.
#[derive(Parser)]
struct Cli {
    /// For how many minutes faults are injected
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// What chooses the faults [default: any]
    #[arg(long)]
    seed: Option<u64>,
    /// Fewer processes, conversations and desktops
    #[arg(long)]
    small: bool,
    /// A Redis Cluster with TLS and replicas, whose primaries die and whose slots move
    #[arg(long)]
    cluster: bool,
    /// Pull from Google's Pub/Sub emulator, which must be installed
    #[arg(long)]
    pull: bool,
    /// Folder of the binaries ui-connector and cloud-pubsub-interceptor [default: that of this program]
    #[arg(long, value_name = "FOLDER")]
    bin_dir: Option<PathBuf>,
}

#[tokio::main]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is what the program is for")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let here = std::env::current_exe().ok().and_then(|program| program.parent().map(PathBuf::from));
    let programs = cli.bin_dir.or(here).unwrap_or_default();
    let seed = cli.seed.unwrap_or_else(|| rand::random::<u32>().into());
    let logs = programs.join(format!("../chaos/{seed}"));
    let plan = Plan {
        cluster: cli.cluster,
        pull: cli.pull,
        ..Plan::new(seed, Duration::from_secs_f64(cli.minutes * 60.0), programs, logs.clone())
    };
    let plan = if cli.small { plan.small() } else { plan };
    eprintln!("chaos: seed {seed}; the processes write into {}", logs.display());
    let report = chaos::run(plan).await;
    println!("{report}");
    if report.mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

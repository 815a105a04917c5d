//! Plays desktops and Pub/Sub pushes against the services, and prints what that cost them.

mod cli;

use std::{
    error::Error,
    io::{self, Write},
    iter,
    process::ExitCode,
};

use agent_assist_bench::{
    deployment::Target,
    limits,
    plan::Plan,
    report::{Figure, Table, fold_rounds, machine, progress},
    scenario::Scenario,
};
use clap::Parser;
use cli::Cli;
use tokio::signal::unix::{SignalKind, signal};

/// One thread for all desktops and pushes: the services need the other cores, and one clock then stamps everything.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = tokio::select! {
        result = run(&cli) => result,
        // To end here, and not at once, kills the processes under measurement too.
        result = asked_to_stop() => result,
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            progress(&chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Waits for SIGINT or SIGTERM.
async fn asked_to_stop() -> io::Result<bool> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    progress("stopped");
    Ok(false)
}

/// Plays everything; answers whether all of it could be played.
async fn run(cli: &Cli) -> io::Result<bool> {
    let targets = cli.targets()?;
    let plan = cli.plan();
    warn_of_few_files(&plan)?;
    let machine = machine();
    let mut table = Table::new(&targets);
    let mut complete = true;
    for scenario in cli.scenarios() {
        let measured = play_rounds(scenario, &targets, &plan, cli.rounds()).await;
        for (column, rounds) in measured.iter().enumerate() {
            complete &= rounds.len() == cli.rounds();
            table.add(column, fold_rounds(rounds));
        }
    }
    write!(io::stdout(), "{machine}\n\n{table}")?;
    Ok(complete)
}

/// Plays a scenario with each target in turn, several times: what else happens on the machine then hits all of them.
async fn play_rounds(scenario: Scenario, targets: &[Target], plan: &Plan, rounds: usize) -> Vec<Vec<Vec<Figure>>> {
    let mut measured = vec![Vec::new(); targets.len()];
    for round in 1..=rounds {
        for (target, results) in targets.iter().zip(&mut measured) {
            progress(&format!("{scenario:?}, {}, round {round} of {rounds}", target.name()));
            match scenario.play(target, plan).await {
                Ok(figures) => results.push(figures),
                Err(error) => progress(&format!("{scenario:?}, {}, failed: {}", target.name(), chain(&error))),
            }
        }
    }
    measured
}

/// Files that are neither desktops nor pushers: listeners, Redis, logs.
const OTHER_FILES: u64 = 100;

fn warn_of_few_files(plan: &Plan) -> io::Result<()> {
    let needed = plan.idle_desktops.max(plan.desktops) as u64 + OTHER_FILES;
    match limits::raise_open_files()? {
        Some(limit) if limit < needed => {
            progress(&format!("only {limit} open files are allowed, {needed} are needed"));
        }
        _ => {}
    }
    Ok(())
}

/// The error and all its causes, on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

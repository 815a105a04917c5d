//! Servers that all tests of one run share, although nextest gives each test a process of its own.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Processes that were started for the run, and what others need to know of them.
pub(crate) struct Started {
    /// Each leads a process group of its own.
    pub(crate) processes: Vec<u32>,
    /// Where they are found.
    pub(crate) addresses: Vec<String>,
}

/// Returns the addresses of the servers called `name`, which the first call in a run starts. `start` gets a folder for what
/// the servers write. They end when the run does: nextest, or this process if `cargo test` runs.
pub(crate) async fn once(name: &str, start: impl AsyncFnOnce(&Path) -> Started) -> Vec<String> {
    let (id, owner) = match std::env::var_os("NEXTEST_RUN_ID") {
        Some(id) => (id.display().to_string(), std::os::unix::process::parent_id()),
        None => (std::process::id().to_string(), std::process::id()),
    };
    let folder = std::env::temp_dir().join(format!("agent-assist-tests-{id}")).join(name);
    fs::create_dir_all(&folder).expect("a folder for the servers");
    let path = folder.join("addresses");
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path);
    let mut file = file.expect("a file for the addresses");
    // Others wait here until the first one has started everything.
    file.lock().expect("a lock");
    let mut addresses = String::new();
    file.read_to_string(&mut addresses).expect("the addresses");
    if addresses.is_empty() {
        let started = start(&folder).await;
        end_with(owner, &started.processes, &folder);
        addresses = started.addresses.join("\n");
        file.write_all(addresses.as_bytes()).expect("the addresses");
    }
    addresses.lines().map(str::to_owned).collect()
}

/// Leaves a process behind that ends others when the process `owner` has ended.
#[expect(clippy::zombie_processes, reason = "it outlives us")]
fn end_with(owner: u32, processes: &[u32], folder: &Path) {
    const SCRIPT: &str = r#"owner=$1 folder=$2; shift 2
        while kill -0 "$owner"; do sleep 1; done
        for group; do kill -s KILL -- "-$group"; done
        rm -rf "$folder"; rmdir "${folder%/*}""#;
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh", &owner.to_string()]).arg(folder);
    command.args(processes.iter().map(ToString::to_string)).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("a shell");
}

//! A Google Cloud that the scripts of `deploy/gcloud` find on their PATH instead of the real one.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use testkit::repository;

/// The secret that no output may have.
pub(super) const REDIS_PASSWORD: &str = "geheimes-redis-wort";

/// A project with nothing in it.
pub(super) struct SimulatedCloud {
    folder: TempDir,
    settings: Vec<(String, String)>,
}

/// What a script has done.
pub(super) struct Done {
    pub(super) is_success: bool,
    /// What it has said, on both ways.
    pub(super) said: String,
}

impl Done {
    #[track_caller]
    pub(super) fn well(self) -> Self {
        assert!(self.is_success, "{}", self.said);
        self
    }

    #[track_caller]
    pub(super) fn badly(self, reason: &str) -> Self {
        assert!(!self.is_success && self.said.contains(reason), "{reason}: {}", self.said);
        self
    }
}

impl SimulatedCloud {
    pub(super) fn new() -> Self {
        let stage = Self { folder: TempDir::new().expect("a folder"), settings: Vec::new() };
        stage.with("GCP_PROJECT_ID", "my-project").with("GRANT_PAUSE", "0")
    }

    /// Sets a variable for the scripts.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn run(&self, script: &str, arguments: &[&str]) -> Done {
        self.command(Command::new(repository("deploy/gcloud").join(script)).args(arguments))
    }

    /// Deploys everything without the test event; returns what the script has said.
    pub(super) fn deploy(&self) -> String {
        self.run("deploy.sh", &["--skip-test"]).well().said
    }

    /// Runs a command with the stand-in on its PATH, and nothing of our environment.
    pub(super) fn command(&self, command: &mut Command) -> Done {
        let real = std::env::var_os("PATH").expect("a PATH");
        // The virtual environment has a Python that starts at once; another one may be behind a script that looks for it.
        let ours = ["tests/stand_ins", "clients/.venv/bin"].map(|path| repository("crates/testkit").join(path));
        let folders = ours.into_iter().chain(std::env::split_paths(&real));
        let path = std::env::join_paths(folders).expect("folders without colons");
        command.env_clear().env("PATH", path).env("GCLOUD_STATE", self.folder.path());
        command.env("HOME", self.folder.path()).env("ENV_FILE", self.folder.path().join("env"));
        let output = command.envs(self.settings.clone()).output().expect("the script starts");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Done { is_success: output.status.success(), said }
    }

    /// All calls of gcloud so far.
    pub(super) fn calls(&self) -> Vec<Vec<String>> {
        let calls = fs::read_to_string(self.path().join("calls.jsonl")).unwrap_or_default();
        calls.lines().map(|line| serde_json::from_str(line).expect("a call")).collect()
    }

    /// How many commands have changed something.
    pub(super) fn changes(&self) -> u64 {
        self.state()["changes"].as_u64().unwrap_or(0)
    }

    /// Everything that exists, by kind and name.
    pub(super) fn things(&self) -> Value {
        self.state()["things"].take()
    }

    /// The same without the signing keys, which are random.
    pub(super) fn settled(&self) -> Value {
        let mut things = self.things();
        let versions = &mut things["secret/aa-integration-jwt-secret"]["versions"];
        *versions = versions.as_array().map(Vec::len).into();
        things
    }

    pub(super) fn thing(&self, name: &str) -> Value {
        self.things()[name].take()
    }

    /// What exists already when everything begins.
    pub(super) fn begin_with(&self, things: &Value) {
        let state = serde_json::json!({"changes": 0, "things": things});
        fs::write(self.path().join("state.json"), state.to_string()).expect("a file");
    }

    /// Changes what exists behind the scripts' back.
    pub(super) fn meddle(&self, change: impl FnOnce(&mut Value)) {
        let mut state = self.state();
        change(&mut state["things"]);
        fs::write(self.path().join("state.json"), state.to_string()).expect("a file");
    }

    fn state(&self) -> Value {
        let text = fs::read_to_string(self.path().join("state.json"));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("a state"))
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

//! Programs that read lines of JSON from stdin, and write lines of JSON to stdout.

use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout};

/// A running program. It is killed when dropped.
#[derive(Debug)]
pub struct Driver {
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    process: Child,
}

impl Driver {
    /// Starts a program that `make test-tools` installs.
    pub fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.expect("the program starts; install what it needs: make test-tools");
        let input = process.stdin.take().map(|input| ChildStdin::from_std(input).expect("its input"));
        let output = ChildStdout::from_std(process.stdout.take().expect("a pipe")).expect("its output");
        Self { input, output: BufReader::new(output).lines(), process }
    }

    pub async fn send(&mut self, line: &Value) {
        let input = self.input.as_mut().expect("an open input");
        input.write_all(format!("{line}\n").as_bytes()).await.expect("the program reads");
    }

    /// Returns the next line; nothing at the end.
    pub async fn receive(&mut self) -> Option<Value> {
        let line = self.output.next_line().await.expect("its output")?;
        Some(serde_json::from_str(&line).expect("JSON"))
    }

    /// Ends the input, by which most programs end.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Ends the input, and waits until the program has ended.
    pub(crate) fn finish(&mut self) {
        self.close_input();
        self.process.wait().expect("the exit status");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It fails if the program has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

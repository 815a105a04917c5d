//! Logs: one event a line, to stdout and, if wished, to a file; text for people, JSON for Cloud Logging.

use std::fs::{File, OpenOptions};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt};

use crate::env::EnvReader;

mod json;

/// An error with all its causes, for the one line that tells of it.
pub fn causes(error: &dyn std::error::Error) -> impl std::fmt::Display {
    let chain = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    let mut causes: Vec<String> = chain.collect();
    // Some libraries repeat a cause in the text of the error above it.
    causes.dedup_by(|cause, above| above.ends_with(cause.as_str()));
    causes.join(": ")
}

/// Libraries whose lines below WARN may hold what nobody should read.
const TALKATIVE: [&str; 11] = [
    "axum",
    "google_cloud_auth",
    "google_cloud_gax",
    "h2",
    "hyper",
    "hyper_util",
    "redis",
    "reqwest",
    "rustls",
    "tokio_tungstenite",
    "tungstenite",
];

/// How the lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For Cloud Logging (<https://cloud.google.com/logging/docs/structured-logging>).
    Json,
}

/// Where logs go and how they look.
#[derive(Debug)]
pub struct LogSettings {
    /// How the lines look.
    pub format: LogFormat,
    /// The filter in the syntax of `RUST_LOG`.
    pub filter: String,
    /// A file that gets every line too.
    pub file: Option<Arc<File>>,
    /// The project in which Cloud Trace keeps traces.
    pub project: Option<String>,
}

impl LogSettings {
    /// Reads `LOG_FORMAT`, `RUST_LOG` and `LOGGING_FILE`.
    pub fn read(env: &mut EnvReader) -> Self {
        let project = env.text("GCP_PROJECT_ID").map(str::to_owned);
        Self { format: format(env), filter: filter(env), file: file(env).map(Arc::new), project }
    }

    /// Sends the logs of this process there. Only the first call of a process has an effect.
    pub fn install(&self) {
        let lines = tracing_subscriber::fmt().with_env_filter(discreet(&self.filter)).with_writer(self.writer());
        // An error means that a test or an embedding process has installed its own.
        let _ = match self.format {
            LogFormat::Json => lines.event_format(json::CloudLogging { project: self.project.clone() }).try_init(),
            LogFormat::Text => lines.with_target(false).with_ansi(self.is_terminal()).try_init(),
        };
    }

    fn is_terminal(&self) -> bool {
        self.file.is_none() && std::io::stdout().is_terminal()
    }

    fn writer(&self) -> BoxMakeWriter {
        match &self.file {
            None => BoxMakeWriter::new(std::io::stdout),
            Some(file) => BoxMakeWriter::new(std::io::stdout.and(Shared(file.clone()))),
        }
    }
}

/// The filter, but for libraries that write headers and bodies, and so tokens, at their lower levels.
fn discreet(filter: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let cap = |filter: EnvFilter, library: &&str| match format!("{library}=warn").parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    };
    TALKATIVE.iter().fold(filter, cap)
}

/// `Arc<File>` writes, but is no `MakeWriter` that can be shared between formats.
struct Shared(Arc<File>);

impl<'a> MakeWriter<'a> for Shared {
    type Writer = &'a File;

    fn make_writer(&'a self) -> Self::Writer {
        &self.0
    }
}

fn format(env: &mut EnvReader) -> LogFormat {
    match env.text("LOG_FORMAT").map(str::to_ascii_lowercase).as_deref() {
        Some("json") => LogFormat::Json,
        // Cloud Run sets K_SERVICE (https://cloud.google.com/run/docs/container-contract#env-vars).
        None if env.text("K_SERVICE").is_some() => LogFormat::Json,
        None | Some("text") => LogFormat::Text,
        Some(other) => {
            env.problem("LOG_FORMAT", format!("{other:?}"), "json or text");
            LogFormat::Text
        }
    }
}

fn filter(env: &mut EnvReader) -> String {
    let filter = env.text_or("RUST_LOG", "info");
    if EnvFilter::try_new(&filter).is_err() {
        env.problem("RUST_LOG", format!("{filter:?}"), "a filter such as info or connector=debug");
    }
    filter
}

fn file(env: &mut EnvReader) -> Option<File> {
    let path = PathBuf::from(env.text("LOGGING_FILE")?);
    match OpenOptions::new().create(true).append(true).open(&path) {
        Ok(file) => Some(file),
        Err(error) => {
            env.problem("LOGGING_FILE", format!("{} ({error})", path.display()), "a file that can be written");
            None
        }
    }
}

//! Logs: one event a line, to stdout and to a file if one is set; text for people, JSON for Cloud Logging.

use std::fs::File;
use std::io::IsTerminal;
use std::sync::Arc;

use settings::Reader;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt};

use crate::variables::{LOG_FORMAT, LOGGING_FILE, LogFormat, RUST_LOG, on_cloud_run};

mod json;

/// Formats an error with all its causes, for the one line that reports it.
pub fn causes(error: &dyn std::error::Error) -> impl std::fmt::Display {
    let chain = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    let mut causes: Vec<String> = chain.collect();
    // Some libraries repeat a cause in the text of the error above it.
    causes.dedup_by(|cause, above| above.ends_with(cause.as_str()));
    causes.join(": ")
}

/// Libraries that write headers and bodies, and so tokens, at levels below WARN.
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

#[derive(Debug)]
pub struct LogSettings {
    pub format: LogFormat,
    /// The filter in the syntax of `RUST_LOG`.
    pub filter: String,
    /// A file that gets every line too.
    pub file: Option<Arc<File>>,
    /// The project in which Cloud Trace keeps traces.
    pub project: Option<String>,
}

impl LogSettings {
    pub fn read(env: &mut Reader, project: Option<String>) -> Self {
        let default = if on_cloud_run(env) { LogFormat::Json } else { LogFormat::Text };
        Self {
            format: LOG_FORMAT.read(env).unwrap_or(default),
            filter: RUST_LOG.read(env),
            file: LOGGING_FILE.read(env),
            project,
        }
    }

    /// Sends the logs of this process there. Only the first call in a process has an effect.
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
            Some(file) => BoxMakeWriter::new(std::io::stdout.and(file.clone())),
        }
    }
}

/// The filter, without the lower levels of [`TALKATIVE`] libraries.
fn discreet(filter: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let cap = |filter: EnvFilter, library: &&str| match format!("{library}=warn").parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    };
    TALKATIVE.iter().fold(filter, cap)
}

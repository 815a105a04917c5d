//! The variables that every process reads.

use std::fs::OpenOptions;
use std::sync::Arc;

use settings::kinds::{Number, OneOf, Port, Seconds, Text, quoted};
use settings::{Kind, Reader};
use tracing_subscriber::EnvFilter;

settings::settings! {
    /// What every process reads.
    pub const PROCESS;

    /// Port to listen on, on all IPv4 addresses; 0 takes any free one. In the demo it is the connector's.
    PORT: Port = "8080";
    /// Port on which Prometheus finds `/metrics`; 0 takes any free one. Keep it away from the internet. See OBSERVABILITY.md.
    METRICS_PORT: Option<Port>, else "none: no metrics";
    /// Which log lines are written: `info`, `debug`, or a list such as `info,connector=debug`
    /// (<https://docs.rs/tracing-subscriber/latest/tracing_subscriber/filter/struct.EnvFilter.html#directives>). The targets are
    /// `connector`, `interceptor`, `agent_assist_broker`, `socketio`, `server` and `simulator`.
    RUST_LOG: LogFilter = "info";
    /// Lines for Cloud Logging, or for people.
    LOG_FORMAT: Option<OneOf<LogFormat>>, else "`json` if `K_SERVICE` is set, else `text`";
    /// File to which every log line is appended too.
    LOGGING_FILE: Option<LogFile>;
    /// Threads of the runtime.
    WORKER_THREADS: Option<Number<1, 1024>>, else "the number of cores, but 1 below 3 cores";
    /// Set by Cloud Run. Logs are JSON by default then, one proxy is trusted, and the connector refuses `AUTH_OPTION=Skip`.
    K_SERVICE: Option<Text>;
}

settings::settings! {
    /// What a process reads that serves HTTP to others.
    pub const HTTP;

    /// Number of your proxies in front. Each adds an address to `X-Forwarded-For`; counted from the right, this one is the
    /// client's.
    TRUSTED_PROXIES: Option<Number<0, 16>>, else "`1` if `K_SERVICE` is set, else `0`";
    /// Seconds that a client may take to send the headers of a request, and that an idle connection is kept.
    HEADER_TIMEOUT_SECONDS: Seconds<1, 600> = "30";
}

/// Whether the platform is Cloud Run (<https://cloud.google.com/run/docs/container-contract#env-vars>).
pub fn on_cloud_run(env: &mut Reader) -> bool {
    K_SERVICE.read(env).is_some()
}

settings::choices! {
    /// What log lines look like.
    pub enum LogFormat {
        Text = "text",
        /// <https://cloud.google.com/logging/docs/structured-logging>
        Json = "json",
    }
}

/// A filter of `tracing-subscriber`.
pub struct LogFilter;

impl Kind for LogFilter {
    type Value = String;
    const EXPECTED: &str = "a filter such as info or connector=debug";

    fn parse(text: &str) -> Result<String, String> {
        EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|_| quoted(text))
    }
}

/// A file that is appended to.
pub struct LogFile;

impl Kind for LogFile {
    type Value = Arc<std::fs::File>;
    const EXPECTED: &str = "a file that can be written";

    fn parse(text: &str) -> Result<Self::Value, String> {
        let file = OpenOptions::new().create(true).append(true).open(text);
        file.map(Arc::new).map_err(|error| format!("{text} ({error})"))
    }
}

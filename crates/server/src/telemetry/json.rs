use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::{Event, Level, Subscriber};
use tracing_serde::fields::AsMap as _;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::trace::{self, Trace};

/// One JSON object a line, with the member names that Cloud Logging gives a meaning to.
pub(super) struct CloudLogging {
    /// In which traces are looked up.
    pub(super) project: Option<String>,
}

impl CloudLogging {
    /// <https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields>
    fn correlate(&self, members: &mut Map<String, Value>, trace: &Trace) {
        let name = match &self.project {
            Some(project) => format!("projects/{project}/traces/{}", trace.id),
            None => trace.id.clone(),
        };
        members.insert("logging.googleapis.com/trace".into(), name.into());
        members.insert("logging.googleapis.com/trace_sampled".into(), trace.sampled.into());
        if let Some(span) = &trace.span {
            members.insert("logging.googleapis.com/spanId".into(), span.as_str().into());
        }
    }
}

impl<S, N> FormatEvent<S, N> for CloudLogging
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (mut members, mut request) = (Map::new(), Map::new());
        let Value::Object(fields) = serde_json::to_value(event.field_map()).map_err(|_| fmt::Error)? else {
            return Err(fmt::Error);
        };
        for (name, value) in fields {
            // Fields of a request are members of an object of their own
            // (<https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest>).
            match name.strip_prefix("http.") {
                Some(name) => request.insert(name.to_owned(), value),
                None => members.insert(name, value),
            };
        }
        if !request.is_empty() {
            members.insert("httpRequest".into(), request.into());
        }
        let _ = trace::CURRENT.try_with(|trace| self.correlate(&mut members, trace));
        let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        members.insert("time".into(), now.into());
        members.insert("severity".into(), severity(*event.metadata().level()).into());
        members.insert("target".into(), event.metadata().target().into());
        writeln!(line, "{}", Value::Object(members))
    }
}

const fn severity(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG | Level::TRACE => "DEBUG",
    }
}

//! What every process of ours needs: environment, telemetry, HTTP serving, tasks and shutdown.

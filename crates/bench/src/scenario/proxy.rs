//! Calls to Dialogflow through the connector, and through nginx in the column of the peer.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::{fs, thread};

use axum::Router;
use axum::routing::get as route;
use axum::serve::ListenerExt as _;
use hyper::StatusCode;
use tempfile::TempDir;
use testkit::{program, project};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::desktops::tokens;
use crate::http::{closed_loop, get};
use crate::plan::LoadPlan;
use crate::report::Figure;
use crate::target::{Target, first_answer, free_address};
use crate::units::{micros_each, millis, per_second};
use crate::usage::cpu_time;

const CONNECTIONS: usize = 16;

/// Bytes of an answer: a suggestion as Dialogflow sends it.
const ANSWER: usize = 1200;

const TOKEN: &str = r#"{"access_token":"bench","expires_in":3599,"token_type":"Bearer"}"#;

pub(super) async fn play(target: Target, plan: &LoadPlan) -> Vec<Figure> {
    match target {
        Target::Services => {
            let upstream = start_upstream();
            let endpoint = ("DIALOGFLOW_ENDPOINT", format!("http://{upstream}"));
            let deployment = target.start(plan, &[endpoint, ("GCE_METADATA_HOST", upstream.to_string())]).await;
            let token = tokens(deployment.connector).await.remove(0);
            let connector = deployment.services[0].process.id();
            measure(deployment.connector, connector, upstream, &token, plan).await
        }
        Target::BareRelay => {
            let Some(nginx) = program(&["nginx"], "Install it: apt-get install nginx-light") else {
                return Vec::new();
            };
            let (upstream, folder) = (start_upstream(), TempDir::new().expect("a temporary directory"));
            let (process, address) = start_nginx(&nginx, folder.path(), upstream).await;
            measure(address, process.id().expect("a running nginx"), upstream, "none", plan).await
        }
        // Its Dialogflow is within the process.
        Target::Embedded => Vec::new(),
    }
}

async fn measure(proxy: SocketAddr, pid: u32, upstream: SocketAddr, token: &str, plan: &LoadPlan) -> Vec<Figure> {
    let path = format!("/v2/projects/{}/locations/global/conversations/c", project());
    let call = async |server, connections, duration| {
        closed_loop(server, connections, duration, StatusCode::OK, || get(&path, token)).await
    };
    let (direct, failed_directly) = call(upstream, 1, plan.warm_up()).await;
    call(proxy, CONNECTIONS, plan.warm_up()).await;
    let (single, failed_alone) = call(proxy, 1, plan.warm_up()).await;
    let before = cpu_time(pid);
    let (latencies, failed) = call(proxy, CONNECTIONS, plan.duration).await;
    let cpu = micros_each(cpu_time(pid).saturating_sub(before), latencies.len());
    let group = format!("calls of Dialogflow, {CONNECTIONS} connections, closed loop; the peer is nginx");
    let figure = |name, value| Figure::new(&group, name, value);
    vec![
        figure("added latency, one connection, p50, ms", millis(&single, 0.5) - millis(&direct, 0.5)),
        figure("requests/s", per_second(latencies.len(), plan.duration)),
        figure("p50, ms", millis(&latencies, 0.5)),
        figure("p99, ms", millis(&latencies, 0.99)),
        figure("CPU of the proxy, µs each", cpu),
        Figure::faults(&group, failed + failed_alone + failed_directly),
    ]
}

/// Starts what is behind the proxies: it answers every call alike, and is the metadata server too. It has a thread of
/// its own, which ends with the program; its time counts as the load generator's.
fn start_upstream() -> SocketAddr {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("its address");
    listener.set_nonblocking(true).expect("a listener for the runtime");
    let answer = || async { "x".repeat(ANSWER) };
    let router = Router::new().route("/computeMetadata/{*path}", route(async || TOKEN)).fallback(answer);
    let serve = async {
        let listener = TcpListener::from_std(listener).expect("a listener").tap_io(|stream| {
            stream.set_nodelay(true).expect("a connection");
        });
        axum::serve(listener, router).await.expect("a server");
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let run = move || runtime.block_on(serve);
    thread::Builder::new().name("upstream".to_owned()).spawn(run).expect("a thread");
    address
}

/// Starts nginx with nothing but `proxy_pass`: one process, connections kept on both sides, no log.
async fn start_nginx(nginx: &Path, folder: &Path, upstream: SocketAddr) -> (Child, SocketAddr) {
    let address = free_address();
    let here = folder.display();
    let configuration = format!(
        "daemon off; master_process off; worker_processes 1; pid {here}/pid; error_log {here}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path {here}; proxy_temp_path {here}; fastcgi_temp_path {here}; uwsgi_temp_path {here};
    scgi_temp_path {here};
    upstream dialogflow {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen {address};
        location / {{ proxy_pass http://dialogflow; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}
    }}
}}
"
    );
    let path = folder.join("nginx.conf");
    fs::write(&path, configuration).expect("a configuration");
    let mut process =
        Command::new(nginx).arg("-p").arg(folder).arg("-c").arg(path).kill_on_drop(true).spawn().expect("nginx");
    first_answer(address, || process.try_wait().is_ok_and(|status| status.is_some())).await;
    (process, address)
}

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::RedisCluster;

/// What a user of the services may do, and no more.
const RIGHTS: &str = "+@connection +@pubsub +@scripting +@stream +@string +del +expire +pexpire +sadd +srem +time +role \
                      +wait +asking +cluster|slots +cluster|info";
const PASSWORD: &str = "a-word-of-services";

/// A Redis Cluster that speaks TLS, with an authority of its own and a user that may do what the services need.
#[derive(Debug)]
pub struct SecuredCluster {
    /// Its servers. They listen without TLS too, for the administrator.
    pub cluster: RedisCluster,
    authority: TempDir,
}

impl SecuredCluster {
    /// Starts this many primaries, each with `replicas` replicas.
    pub async fn start(primaries: usize, replicas: usize) -> Self {
        let authority = TempDir::new().expect("a temporary directory");
        certify(authority.path());
        let file = |name| authority.path().join(name).display().to_string();
        let (certificate, key, ca, password) =
            (file("server.pem"), file("server.key"), file("ca.pem"), format!(">{PASSWORD}"));
        let files = ["--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-ca-cert-file", &ca];
        let tls = ["--tls-cluster", "yes", "--tls-replication", "yes", "--tls-auth-clients", "no"];
        let admin = ["--requirepass", "admin", "--masterauth", "admin", "--enable-debug-command", "yes"];
        let user = ["--user", "services", "on", &password, "~*", "&*", "-@all"];
        let rights: Vec<_> = RIGHTS.split_whitespace().collect();
        let arguments = [&files[..], &tls, &admin, &user, &rights].concat();
        Self { cluster: RedisCluster::start(primaries, replicas, &arguments).await, authority }
    }

    /// Where services find it, as the user that is meant for them: at all servers' ports, one of which has to be asked.
    pub fn url(&self) -> String {
        let mut running = self.cluster.servers.iter().filter(|server| server.is_running());
        let port = running.find_map(super::RedisServer::tls_port).expect("a running server with TLS");
        format!("rediss://services:{PASSWORD}@127.0.0.1:{port}")
    }

    /// The file with the certificate of its authority.
    pub fn ca(&self) -> PathBuf {
        self.authority.path().join("ca.pem")
    }
}

/// Makes `ca.pem`, an authority of its own, and `server.pem` with `server.key` for this machine.
pub fn certify(directory: &Path) {
    let openssl = |arguments: &str| {
        let status = Command::new("openssl").args(arguments.split(' ')).current_dir(directory).output();
        let status = status.expect("openssl runs; install it by `apt-get install openssl`").status;
        assert!(status.success(), "openssl {arguments}");
    };
    std::fs::write(directory.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1").expect("a file");
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem");
    openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr");
    openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem");
}

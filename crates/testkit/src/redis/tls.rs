//! Certificates for servers of tests.

use std::path::Path;
use std::process::Command;

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

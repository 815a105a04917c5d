//! The Terraform configuration, as far as it can be checked without the providers.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::{has, read, set};
use crate::variables::read_by;
use testkit::{KINDS, repository};

/// Variables that the platform sets, that the configuration sets in another way, or that are of no use on Cloud Run.
fn not_settings(service: &str) -> BTreeSet<String> {
    // Cloud Run sets the first two. REDIS_URL is a secret, and stands for three others. Logs go to stdout.
    let mut names = set(["PORT", "K_SERVICE", "REDIS_URL", "REDISHOST", "REDISPORT", "REDIS_CLUSTER", "LOGGING_FILE"]);
    if service == "connector" {
        // The secret is mounted where it is looked for; the credentials are the service account's; `Skip` is refused.
        let connector =
            ["JWT_SECRET_KEY_PATH", "GOOGLE_APPLICATION_CREDENTIALS", "ALLOW_SKIP_AUTH", "FIVE9_TRUST_TOKEN"];
        names.extend(set(connector));
    } else {
        // It stands in for Pub/Sub in tests.
        names.extend(set(["PUBSUB_EMULATOR_HOST"]));
    }
    names
}

/// The blocks of all files, as `terraform fmt` leaves them: the words of the first line, and the block.
fn blocks() -> Vec<(Vec<String>, String)> {
    let files =
        fs::read_dir(repository("deploy/terraform")).expect("a folder").map(|file| file.expect("a file").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "tf"));
    let text: String = files.map(|path| fs::read_to_string(path).expect("a text") + "\n").collect();
    let lines: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let read = |block: &str| {
        let head = block.trim_start().lines().next()?.trim_end_matches(" {");
        Some((head.split(' ').map(|word| word.trim_matches('"').to_owned()).collect(), block.to_owned()))
    };
    lines.join("\n").split("\n}\n").filter_map(read).collect()
}

/// The block with these words in its first line, without line breaks and with one space between words.
fn block(head: &str) -> String {
    let found = blocks().into_iter().find(|(words, _)| words.join(" ") == head);
    found.unwrap_or_else(|| panic!("{head} is missing")).1.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a block declares, by the name that refers to it: `var.region`, `google_pubsub_topic.events`.
fn declared((words, block): &(Vec<String>, String)) -> Vec<String> {
    let (kind, labels) = words.split_first().expect("a kind");
    match kind.as_str() {
        "variable" => vec![format!("var.{}", labels[0])],
        "resource" => vec![labels.join(".")],
        "data" | "ephemeral" => vec![format!("{kind}.{}", labels.join("."))],
        "locals" => {
            let own = block.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
            own.filter_map(|line| Some(format!("local.{}", line.split_once('=')?.0.trim()))).collect()
        }
        _ => Vec::new(),
    }
}

/// What a block refers to; a variable's own validation does not count.
fn used(block: &(Vec<String>, String)) -> BTreeSet<String> {
    let own = declared(block);
    let words = block.1.split(|letter: char| !letter.is_ascii_alphanumeric() && !"._".contains(letter));
    let names = words.filter_map(|word| match word.split('.').collect::<Vec<_>>()[..] {
        [kind @ ("var" | "local"), name, ..] => Some(format!("{kind}.{name}")),
        [kind @ ("data" | "ephemeral"), resource, name, ..] => Some(format!("{kind}.{resource}.{name}")),
        [resource, name, ..] if resource.starts_with("google_") => Some(format!("{resource}.{name}")),
        _ => None,
    });
    names.filter(|name| block.0[0] != "variable" || !own.contains(name)).collect()
}

#[test]
fn declarations_and_references_match() {
    let declared: BTreeSet<_> = blocks().iter().flat_map(declared).collect();
    let used: BTreeSet<_> = blocks().iter().flat_map(used).collect();
    assert!(declared.len() > 50 && used.len() > 30, "the files were not understood");
    let missing: Vec<_> = used.difference(&declared).collect();
    assert!(missing.is_empty(), "not declared: {missing:?}");
    // Resources do their work without being referred to.
    let idle = |name: &&String| ["var.", "local.", "data.", "ephemeral."].iter().any(|kind| name.starts_with(kind));
    let unused: Vec<_> = declared.difference(&used).filter(idle).collect();
    assert!(unused.is_empty(), "not used: {unused:?}");
}

#[test]
fn every_variable_is_described_and_typed() {
    for (words, block) in blocks().into_iter().filter(|(words, _)| words[0] == "variable") {
        let line = |name: &str| block.lines().find(|line| line.trim_start().split(' ').next() == Some(name));
        assert!(line("description").is_some_and(|line| line.ends_with(".\"")), "{words:?}");
        assert!(line("type").is_some(), "{words:?}");
    }
}

#[test]
fn the_services_and_subscriptions_are_what_the_product_needs() {
    for (head, wanted) in [
        (
            "resource google_pubsub_subscription events",
            r#"push_endpoint = "${google_cloud_run_v2_service.interceptor.uri}/${each.key}""#,
        ),
        ("resource google_cloud_run_v2_service interceptor", r#"ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY""#),
        ("resource google_cloud_run_v2_service connector", r#"timeout = "3600s""#),
        ("resource google_cloud_run_v2_service connector", "max_instance_request_concurrency = 1000 "),
        (
            "resource google_cloud_run_v2_service_iam_member interceptor_invoker",
            "member = google_service_account.invoker.member",
        ),
    ] {
        assert!(block(head).contains(wanted), "{head}: {wanted}");
    }
    // Authoritative resources would remove what others have granted.
    let kinds: Vec<_> = blocks().into_iter().filter_map(|(words, _)| words.into_iter().nth(1)).collect();
    assert!(!kinds.iter().any(|kind| kind.ends_with("_iam_binding") || kind.ends_with("_iam_policy")), "{kinds:?}");
}

/// The value of an expression, which Terraform evaluates with the variables of the example.
fn value(expression: &str) -> Value {
    let output = evaluated(&["console"], &format!("jsonencode({expression})\n"));
    let text: Option<String> = serde_json::from_slice(&output.stdout).ok();
    let value = text.and_then(|text| serde_json::from_str(&text).ok());
    value.unwrap_or_else(|| panic!("{expression}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn names(expression: &str) -> BTreeSet<String> {
    serde_json::from_value(value(expression)).expect("names")
}

#[test]
fn the_services_can_be_given_every_variable_that_they_read() {
    if !has("terraform") {
        return;
    }
    assert_eq!(names("keys(local.events)"), set(KINDS));
    for service in ["connector", "interceptor"] {
        let optional = names(&format!("local.settings_of_{service}"));
        let chosen = names(&format!("keys(var.{service}_settings)"));
        let always = names(&format!("setsubtract(keys(local.{service}_environment), keys(var.{service}_settings))"));
        assert!(chosen.is_subset(&optional), "{service}: {chosen:?}");
        assert!(always.is_disjoint(&optional), "{service}: {always:?} and {optional:?}");
        let reachable: BTreeSet<_> = [always, optional, not_settings(service)].into_iter().flatten().collect();
        assert_eq!(reachable, read_by(service), "{service}");
    }
}

#[test]
fn the_example_gives_what_is_required_and_nothing_unknown() {
    let example = read("deploy/terraform/terraform.tfvars.example");
    let given = example.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let given: BTreeSet<_> = given.filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned())).collect();
    let names = |required: bool| -> BTreeSet<String> {
        let variables = blocks().into_iter().filter(|(words, _)| words[0] == "variable");
        let wanted = variables.filter(|(_, block)| !required || !block.contains("\n  default "));
        wanted.map(|(words, _)| words[1].clone()).collect()
    };
    assert!(names(true).is_subset(&given), "{given:?}");
    assert!(given.is_subset(&names(false)), "{given:?}");
}

/// Runs Terraform on the variables, settings and locals, which need no provider.
fn evaluated(arguments: &[&str], input: &str) -> Output {
    let folder = TempDir::new().expect("a folder");
    for file in ["variables.tf", "settings.tf", "locals.tf"] {
        fs::copy(repository("deploy/terraform").join(file), folder.path().join(file)).expect("a copy");
    }
    fs::write(folder.path().join("terraform.tfvars"), read("deploy/terraform/terraform.tfvars.example"))
        .expect("a file");
    let mut child =
        terraform().arg(format!("-chdir={}", folder.path().display())).args(arguments).spawn().expect("terraform");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), input.as_bytes()).expect("a question");
    child.wait_with_output().expect("an answer")
}

fn terraform() -> Command {
    let mut command = Command::new("terraform");
    command.env("TF_CLI_CONFIG_FILE", "/dev/null").env("CHECKPOINT_DISABLE", "1").env("NO_COLOR", "1");
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command
}

#[test]
fn it_is_formatted() {
    if has("terraform") {
        let folder = repository("deploy/terraform");
        let output = terraform().args(["fmt", "-check", "-diff"]).arg(folder).output().expect("terraform");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn the_example_gives_the_connector_its_environment() {
    if has("terraform") {
        let text = value("local.connector_environment").to_string();
        for part in ["SALESFORCE_ORGANIZATION_ID", "https://my-domain.lightning.force.com", "/redis-ca/server-ca.pem"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    if !has("terraform") {
        return;
    }
    for (wrong, said) in [
        ("project_id=123456789012", "It is not the project's number"),
        ("region=us-central1-a", "a zone has one letter too many"),
        ("connector_image=ui-connector", "Name registry, path"),
        ("auth_option=Skip", "Choose Salesforce"),
        ("cors_allowed_origins=[\"https://desktop.example/\"]", "without a path"),
        ("connector_settings={JWT_SECRET=\"x\"}", "Not a setting of the connector"),
        ("interceptor_settings={MAX_LOGINS=\"5\"}", "Not a setting of the interceptor"),
        ("connector_instances={min=0,max=1}", "At least one instance must run"),
        ("event_retention={seconds=0,events=1}", "1 to 86400 seconds"),
    ] {
        let output = evaluated(&["plan", "-input=false", "-var", wrong], "");
        let error = String::from_utf8_lossy(&output.stderr).replace(['\n', '│'], " ");
        let words = error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!output.status.success() && words.contains(said), "{wrong}: {words}");
    }
}

//! The Terraform configuration, as far as it can be checked without the providers.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;
use tempfile::TempDir;

use super::hcl::{Configuration, keys, parse, texts};
use super::{has, read, set};
use crate::variables::read_by;
use testkit::{KINDS, repository};

/// Set by the platform, or by the configuration in another way, or of no use on Cloud Run.
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

/// The variables that a service is always given.
fn environment(configuration: &Configuration, service: &str) -> BTreeSet<String> {
    let merged = configuration.local(&format!("{service}_environment")).as_func_call().expect("a merge").clone();
    let own = merged.args.iter().filter(|argument| argument.is_object()).flat_map(keys);
    keys(configuration.local("common_environment")).into_iter().chain(own).collect()
}

#[test]
fn all_that_is_declared_is_used_and_all_that_is_used_is_declared() {
    let configuration = Configuration::read();
    let (declared, used) = (configuration.declared(), configuration.used());
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
    for variable in Configuration::read().blocks("variable") {
        let description = variable.body.get_attribute("description").and_then(|it| it.value.as_str()).unwrap_or("");
        assert!(description.ends_with('.'), "{:?}", variable.labels);
        assert!(variable.body.has_attribute("type"), "{:?}", variable.labels);
    }
}

#[test]
fn what_pushes_go_to_are_the_routes_of_the_interceptor() {
    let configuration = Configuration::read();
    let kinds = set(KINDS);
    assert_eq!(keys(configuration.local("events")), kinds);
    let subscription = configuration.block("resource", &["google_pubsub_subscription", "events"]);
    let push = subscription.body.get_blocks("push_config").next().expect("a push");
    let endpoint = push.body.get_attribute("push_endpoint").expect("an endpoint").value.to_string();
    assert_eq!(endpoint.trim(), r#""${google_cloud_run_v2_service.interceptor.uri}/${each.key}""#);
}

#[test]
fn the_services_can_be_given_every_variable_that_they_read_and_no_other() {
    let configuration = Configuration::read();
    for service in ["connector", "interceptor"] {
        let always = environment(&configuration, service);
        let mut optional = texts(configuration.local("settings_of_both"));
        optional.extend(texts(configuration.local(&format!("settings_of_{service}"))));
        let twice: Vec<_> = always.intersection(&optional).collect();
        assert!(twice.is_empty(), "{service}: {twice:?}");
        let reachable: BTreeSet<_> = [always, optional, not_settings(service)].into_iter().flatten().collect();
        assert_eq!(reachable, read_by(service), "{service}");
    }
}

#[test]
fn the_interceptor_is_for_pubsub_only_and_the_connector_holds_a_thousand_desktops() {
    let configuration = Configuration::read();
    let service = |name| configuration.block("resource", &["google_cloud_run_v2_service", name]);
    assert_eq!(value(service("interceptor"), "ingress").as_str(), Some("INGRESS_TRAFFIC_INTERNAL_ONLY"));
    let template = service("connector").body.get_blocks("template").next().expect("a template");
    assert_eq!(value(template, "timeout").as_str(), Some("3600s"));
    assert_eq!(value(template, "max_instance_request_concurrency").to_string().trim(), "1000");
    let invoker = configuration.block("resource", &["google_cloud_run_v2_service_iam_member", "interceptor_invoker"]);
    assert_eq!(value(invoker, "member").to_string().trim(), "google_service_account.invoker.member");
    // Authoritative resources would remove what others have granted.
    let resources: Vec<_> =
        configuration.blocks("resource").iter().map(|it| it.labels[0].as_str().to_owned()).collect();
    assert!(!resources.iter().any(|kind| kind.ends_with("_iam_binding") || kind.ends_with("_iam_policy")));
}

fn value<'a>(block: &'a Block, name: &str) -> &'a Expression {
    &block.body.get_attribute(name).unwrap_or_else(|| panic!("{name} is missing")).value
}

#[test]
fn the_example_gives_what_is_required_and_nothing_unknown() {
    let configuration = Configuration::read();
    let example = parse(&read("deploy/terraform/terraform.tfvars.example"));
    let given: BTreeSet<_> = example.attributes().map(|it| it.key.as_str().to_owned()).collect();
    let variables = configuration.blocks("variable");
    let names = |required: bool| -> BTreeSet<String> {
        let wanted = variables.iter().filter(|it| !required || !it.body.has_attribute("default"));
        wanted.map(|it| it.labels[0].as_str().to_owned()).collect()
    };
    assert!(names(true).is_subset(&given), "{given:?}");
    assert!(given.is_subset(&names(false)), "{given:?}");
}

/// The variables and what is made of them, without anything that needs a provider.
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
fn terraform_makes_the_example_an_environment() {
    if has("terraform") {
        let output = evaluated(&["console"], "jsonencode(jsonencode(local.connector_environment))\n");
        let text = String::from_utf8_lossy(&output.stdout);
        for part in ["SALESFORCE_ORGANIZATION_ID", "https://my-domain.lightning.force.com", "/redis-ca/server-ca.pem"] {
            assert!(text.contains(part), "{text}{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn terraform_refuses_what_cannot_work() {
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

//! The tables of the variables that our programs read, and the page that is made from them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use settings::Variable;
use simulator::variables::{ALL_OF_DEMO, ALL_OF_PLAYER, DEMO, PLAY, PLAYER};
use testkit::repository;

type Table = &'static [Variable];

const PAGE: &str = "docs/CONFIGURATION.md";
/// The part of the page that is generated lies between these lines.
const MARKERS: [&str; 2] =
    ["<!-- Generated from the tables in the sources. -->\n", "<!-- End of what is generated. -->\n"];

/// The variables that most deployments set, and the sections that they would be in otherwise.
const USUAL: [(&str, &str); 8] = [
    ("GCP_PROJECT_ID", "Connector"),
    ("AUTH_OPTION", "Connector"),
    ("JWT_SECRET_KEY_PATH", "Connector"),
    ("CORS_ALLOWED_ORIGINS", "Connector"),
    ("REDIS_URL", "Both services"),
    ("REDISHOST", "Both services"),
    ("PUSH_AUTH_SERVICE_ACCOUNT", "Interceptor"),
    ("METRICS_PORT", "Every process"),
];

const SECTIONS: [(&str, &[Table]); 7] = [
    ("Every process", &[server::variables::PROCESS]),
    ("Both services", &[server::variables::HTTP, broker::VARIABLES]),
    ("Connector", &[connector::variables::CONNECTOR]),
    ("Interceptor", &[interceptor::variables::INTERCEPTOR]),
    ("Demo and player", &[PLAY]),
    ("Demo", &[DEMO]),
    ("Player", &[PLAYER]),
];

/// The tables of a program.
fn tables(program: &str) -> &'static [Table] {
    match program {
        "connector" => connector::VARIABLES,
        "interceptor" => interceptor::VARIABLES,
        "demo" => ALL_OF_DEMO,
        "player" => ALL_OF_PLAYER,
        other => panic!("{other} has no variables"),
    }
}

/// The variables that a program reads.
pub(crate) fn read_by(program: &str) -> BTreeSet<String> {
    tables(program).iter().copied().flatten().map(|variable| variable.name.to_owned()).collect()
}

fn page() -> String {
    let mut page = String::from("\n## The eight that most deployments set\n\n| name | read by |");
    page.push_str(" default | value | meaning |\n|---|---|---|---|---|\n");
    for (name, section) in USUAL {
        let variable = variables(section).find(|variable| variable.name == name).expect(name);
        let _ = writeln!(page, "| `{name}` | {} | {}", section.to_lowercase(), cells(variable));
    }
    for (section, _) in SECTIONS {
        let _ = write!(page, "\n## {section}\n\n| name | default | value | meaning |\n|---|---|---|---|\n");
        for variable in variables(section).filter(|variable| !USUAL.contains(&(variable.name, section))) {
            let _ = writeln!(page, "| `{}` | {}", variable.name, cells(variable));
        }
    }
    page + "\n"
}

fn variables(section: &str) -> impl Iterator<Item = &'static Variable> {
    let (_, tables) = SECTIONS.into_iter().find(|(name, _)| *name == section).expect(section);
    tables.iter().copied().flatten()
}

fn cells(variable: &Variable) -> String {
    let secret = if variable.secret { " Secret." } else { "" };
    let about = variable.about().collect::<Vec<_>>().join(" ");
    format!("{} | {} | {}{secret} |", variable.default(), linked(&variable.expected()), linked(&about))
}

/// The names of other pages become links, and URLs code.
fn linked(text: &str) -> String {
    let link = |word: &str| match (word.split_once(".md"), word.split_once([',', ';']).unwrap_or((word, ""))) {
        (Some((page, rest)), _) => format!("[{page}.md]({page}.md){rest}"),
        (None, (url, _)) if url.starts_with("https://") => word.replace(url, &format!("`{url}`")),
        _ => word.to_owned(),
    };
    text.split(' ').map(link).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_is_what_the_tables_say() {
    let path = repository(PAGE);
    let found = fs::read_to_string(&path).expect(PAGE);
    let [begin, end] =
        MARKERS.map(|marker| found.find(marker).unwrap_or_else(|| panic!("{PAGE}: {marker} is missing")));
    let made = format!("{}{}{}", &found[..begin + MARKERS[0].len()], page(), &found[end..]);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &made).expect(PAGE);
    } else {
        let hint = "run: UPDATE_DOCS=1 cargo nextest run -p agent-assist-testkit variables";
        assert!(made == found, "{PAGE} is not what the tables of variables say; {hint}");
    }
}

#[test]
fn each_variable_is_named_once_and_has_a_readable_default() {
    for program in ["connector", "interceptor", "demo", "player"] {
        let variables = || tables(program).iter().copied().flatten();
        assert_eq!(read_by(program).len(), variables().count(), "{program}");
        for variable in variables() {
            let is_sentence = variable.about().last().is_some_and(|line| line.ends_with('.'));
            assert!(is_sentence && !variable.expected().is_empty(), "{variable:?}");
        }
    }
    // Each reads everything that has a default.
    connector::Config::from_env(settings::Env::default()).expect_err("two are required");
    interceptor::Config::from_env(settings::Env::default()).expect("none is required");
}

/// Services of a deployment may share an environment.
#[test]
fn variables_of_the_other_service_do_not_count_as_misspelt() {
    for (one, other) in [("connector", "interceptor"), ("interceptor", "connector")] {
        let env: settings::Env = read_by(one).into_iter().map(|name| (name, "x")).collect();
        assert_eq!(env.misspelt(tables(other)), [], "{other}");
    }
}

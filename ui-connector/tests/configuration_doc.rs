//! Keeps `docs/CONFIGURATION.md` true: its table names the variables that the sources read, and who reads them.
#![expect(clippy::expect_used, reason = "a test fails where it is")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The methods of `server::env::EnvReader` that read a variable.
const READERS: [&str; 7] = ["text", "text_or", "required", "optional", "parse", "parse_within", "flag"];

/// Sources, or folders of them, that read variables, with the processes that these are part of.
const SOURCES: [(&str, &[&str]); 6] = [
    ("crates/server/src", &["connector", "interceptor"]),
    ("ui-connector/src", &["connector"]),
    ("cloud-pubsub-interceptor/src", &["interceptor"]),
    ("crates/simulator/src/player.rs", &["demo", "player"]),
    ("crates/simulator/src/bin/demo.rs", &["demo"]),
    ("crates/simulator/src/bin/player.rs", &["player"]),
];

/// Who reads each variable.
type Readers = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_table_names_exactly_what_is_read() {
    let (read, table) = (read_by_the_sources(), named_in_the_table());
    assert!(read.contains_key("PORT") && read.contains_key("GCP_PROJECT_ID"), "the sources were not understood");
    let names = |readers: &Readers| readers.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&table), names(&read));
}

#[test]
fn the_table_says_who_reads_each() {
    let (read, table) = (read_by_the_sources(), named_in_the_table());
    let shared = names_read_in("crates/server/src");
    for (name, readers) in read {
        let mut named = table[&name].clone();
        // Of what the services share, the demo reads a part.
        if shared.contains(&name) && !readers.contains("demo") {
            named.remove("demo");
        }
        assert_eq!(named, readers, "{name}");
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is the parent").to_owned()
}

fn read_by_the_sources() -> Readers {
    let mut read = Readers::new();
    for (folder, processes) in SOURCES {
        for name in names_read_in(folder) {
            read.entry(name).or_default().extend(processes.iter().map(ToString::to_string));
        }
    }
    read
}

fn names_read_in(path: &str) -> BTreeSet<String> {
    let mut files = Vec::new();
    collect(&workspace().join(path), &mut files);
    assert!(!files.is_empty(), "no sources in {path}");
    files.iter().flat_map(|file| names_read(&fs::read_to_string(file).expect("a source"))).collect()
}

/// The Rust files below `folder` that are not tests; or the file.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    if folder.is_file() {
        files.push(folder.to_owned());
        return;
    }
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") && path.file_stem().is_some_and(|s| s != "tests") {
            files.push(path);
        }
    }
}

/// Literals in calls such as `.text_or("NAME", …)`, up to the tests of the file.
fn names_read(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let calls = READERS.iter().flat_map(|reader| {
        let call = format!(".{reader}(");
        source.split(&call).skip(1).map(str::trim_start).collect::<Vec<_>>()
    });
    calls.filter_map(|arguments| Some(arguments.strip_prefix('"')?.split_once('"')?.0.to_owned())).collect()
}

fn named_in_the_table() -> Readers {
    let document = fs::read_to_string(workspace().join("docs/CONFIGURATION.md")).expect("the document");
    document.lines().filter_map(row).collect()
}

/// Reads a row "| `NAME` | connector, demo | …".
fn row(line: &str) -> Option<(String, BTreeSet<String>)> {
    let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    let (readers, _) = rest.split_once(" |")?;
    Some((name.to_owned(), readers.split(", ").map(str::to_owned).collect()))
}

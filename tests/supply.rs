//! The dependencies that users build: no network, no executor, nothing from outside
//! crates.io. The rules are those of `deny.toml`; `cargo metadata` says what there is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const TOP: &str = env!("CARGO_MANIFEST_DIR");

/// What this workspace resolves to, for all platforms and features.
fn metadata() -> Value {
    resolved(&["--all-features"])
}

/// What this workspace resolves to with these options.
fn resolved(options: &[&str]) -> Value {
    let run = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .args(options)
        .current_dir(TOP)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

fn rules() -> toml::Table {
    std::fs::read_to_string(Path::new(TOP).join("deny.toml")).unwrap().parse().unwrap()
}

fn texts(list: &toml::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Crates that are banned, each with those that may need it all the same.
fn bans(rules: &toml::Table) -> BTreeMap<&str, Vec<&str>> {
    let list = rules["bans"]["deny"].as_array().unwrap().iter();
    list.map(|ban| match ban.as_str() {
        Some(name) => (name, Vec::new()),
        None => (ban["crate"].as_str().unwrap(), texts(&ban["wrappers"])),
    })
    .collect()
}

/// Rows of a list of `metadata` by their ids.
fn by_id<'m>(metadata: &'m Value, list: &str) -> BTreeMap<&'m str, &'m Value> {
    let rows = metadata.pointer(list).unwrap().as_array().unwrap();
    rows.iter().map(|row| (row["id"].as_str().unwrap(), row)).collect()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

/// Ids of what a crate needs to be built: not for its tests and benches alone.
fn needs(node: &Value) -> impl Iterator<Item = &str> {
    let deps = node["deps"].as_array().unwrap().iter();
    let built = deps.filter(|dep| {
        let mut kinds = dep["dep_kinds"].as_array().unwrap().iter();
        kinds.any(|kind| kind["kind"] != "dev")
    });
    built.map(|dep| dep["pkg"].as_str().unwrap())
}

/// For each crate that a member of the workspace needs to be built: its package, and by
/// which way it is needed. Dependencies of tests and benches alone are not followed.
fn needed(metadata: &Value) -> Vec<(&Value, String)> {
    let packages = by_id(metadata, "/packages");
    let nodes = by_id(metadata, "/resolve/nodes");
    let mut ways: BTreeMap<&str, String> = BTreeMap::new();
    let mut open: Vec<(&str, String)> = Vec::new();
    for member in metadata["workspace_members"].as_array().unwrap() {
        open.push((member.as_str().unwrap(), String::new()));
    }
    while let Some((id, before)) = open.pop() {
        if ways.contains_key(id) {
            continue;
        }
        let way = format!("{before} {}", name(packages[id]));
        open.extend(needs(nodes[id]).map(|id| (id, format!("{way} >"))));
        ways.insert(id, way);
    }
    ways.into_iter().map(|(id, way)| (packages[id], way.trim().to_owned())).collect()
}

/// The ways by which banned crates are needed by others than those that may.
fn banned(metadata: &Value, bans: &BTreeMap<&str, Vec<&str>>) -> Vec<String> {
    let packages = by_id(metadata, "/packages");
    let nodes = by_id(metadata, "/resolve/nodes");
    let mut found = Vec::new();
    for (package, way) in needed(metadata) {
        for other in needs(nodes[package["id"].as_str().unwrap()]).map(|id| name(packages[id])) {
            if bans.get(other).is_some_and(|wrappers| !wrappers.contains(&name(package))) {
                found.push(format!("{way} > {other}"));
            }
        }
    }
    found
}

/// The ways by which crates of other sources than the workspace and `registries` are needed.
fn foreign(metadata: &Value, registries: &[&str]) -> Vec<String> {
    let is_foreign = |package: &Value| match package["source"].as_str() {
        None => !package["manifest_path"]
            .as_str()
            .unwrap()
            .starts_with(metadata["workspace_root"].as_str().unwrap()),
        Some(source) => {
            !registries.iter().any(|registry| source.strip_prefix("registry+") == Some(registry))
        }
    };
    let needed = needed(metadata).into_iter();
    needed.filter(|(package, _)| is_foreign(package)).map(|(_, way)| way).collect()
}

#[test]
fn no_crate_of_the_network_or_of_an_executor_is_needed() {
    let rules = rules();
    let found = banned(&metadata(), &bans(&rules));
    assert!(found.is_empty(), "banned by deny.toml:\n{}", found.join("\n"));
}

#[test]
fn every_crate_comes_from_crates_io_or_this_tree() {
    let rules = rules();
    let found = foreign(&metadata(), &texts(&rules["sources"]["allow-registry"]));
    assert!(found.is_empty(), "not from crates.io:\n{}", found.join("\n"));
}

/// What a lock file names as the sources of its crates, those of this tree aside.
fn sources(lock: &str) -> BTreeSet<String> {
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    packages.filter_map(|one| Some(one.get("source")?.as_str().unwrap().to_owned())).collect()
}

/// What tests, fuzz targets and benches alone need, too.
#[test]
fn every_lock_file_has_crates_io_as_its_one_source() {
    let rules = rules();
    let registries = texts(&rules["sources"]["allow-registry"]);
    let allowed = registries.iter().map(|registry| format!("registry+{registry}")).collect();
    for lock in ["Cargo.lock", "fuzz/Cargo.lock", "benches/peers/Cargo.lock"] {
        let lock = std::fs::read_to_string(Path::new(TOP).join(lock)).unwrap();
        assert_eq!(sources(&lock), allowed);
        let from = registries[0];
        let planted = lock.replacen(&format!("registry+{from}"), "git+https://example.com/a", 1);
        assert_ne!(sources(&planted), allowed);
    }
}

#[test]
fn the_tree_that_is_checked_is_the_one_that_is_built() {
    let metadata = metadata();
    let needed = needed(&metadata);
    let names: Vec<&str> = needed.iter().map(|(package, _)| name(package)).collect();
    for name in ["keycask", "keycask-cli", "redb", "blake3", "cc", "clap", "axum-core"] {
        assert!(names.contains(&name), "{name} is needed and was not seen");
    }
    assert!(!names.contains(&"criterion"), "criterion is for benches only");
}

#[test]
fn what_only_a_feature_needs_is_not_built_without_it() {
    let (with, without) = (metadata(), resolved(&["--no-default-features"]));
    let names = |metadata| needed(metadata).into_iter().map(|(package, _)| name(package)).collect();
    let (with, without): (BTreeSet<&str>, BTreeSet<&str>) = (names(&with), names(&without));
    for name in ["axum-core", "http", "metrics", "pin-project-lite", "tower-layer", "tracing"] {
        assert!(with.contains(name) && !without.contains(name), "{name}");
    }
}

/// With the flag under which orders of events are tried, tokio has no network, and what needs one
/// cannot be built.
#[test]
fn the_models_are_built_without_an_executor() {
    let tree = |flags: &str| {
        let run = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--package=keycask", "--prefix=none", "--format={lib}"])
            .env("RUSTFLAGS", flags)
            .current_dir(TOP)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    };
    let (with, without) = (tree("--cfg loom"), tree(""));
    let has = |tree: &str, name| tree.lines().any(|line| line == name);
    assert!(has(&with, "loom") && !has(&without, "loom"));
    assert!(!has(&with, "tokio") && has(&without, "tokio"));
}

#[test]
fn deny_toml_bans_what_the_engine_promises_to_do_without() {
    let rules = rules();
    let bans = bans(&rules);
    for name in ["tokio", "async-std", "smol", "mio", "hyper", "reqwest", "rustls", "openssl"] {
        assert!(bans[name].is_empty(), "{name} is not banned");
    }
    assert_eq!(rules["graph"]["exclude-dev"].as_bool(), Some(true));
    assert_eq!(rules["sources"]["unknown-git"].as_str(), Some("deny"));
}

/// A workspace of one member that needs `middle`, which needs `tokio` in the way given.
fn planted(kind: &Value, source: &str) -> Value {
    let package = |name: &str, source: Value| {
        let manifest_path = "/w/Cargo.toml";
        json!({ "id": name, "name": name, "source": source, "manifest_path": manifest_path })
    };
    let dep = |name: &str, kind: &Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
    json!({
        "workspace_root": "/w",
        "workspace_members": ["keycask"],
        "packages": [
            package("keycask", Value::Null),
            package("middle", json!(source)),
            package("tokio", json!(source)),
        ],
        "resolve": { "nodes": [
            { "id": "keycask", "deps": [dep("middle", &Value::Null)] },
            { "id": "middle", "deps": [dep("tokio", kind)] },
            { "id": "tokio", "deps": [] },
        ]},
    })
}

#[test]
fn a_banned_crate_behind_another_is_caught_unless_tests_alone_need_it() {
    let ban = |name, wrappers: &[&'static str]| BTreeMap::from([(name, wrappers.to_vec())]);
    let found = |kind: &Value, bans| banned(&planted(kind, "registry+x"), &bans);
    for kind in [Value::Null, json!("build")] {
        assert_eq!(found(&kind, ban("tokio", &[])), ["keycask > middle > tokio"]);
    }
    assert_eq!(found(&json!("dev"), ban("tokio", &[])), [""; 0]);
    assert_eq!(found(&Value::Null, ban("mio", &[])), [""; 0]);
    // One that others may need, and no one else.
    assert_eq!(found(&Value::Null, ban("tokio", &["middle"])), [""; 0]);
    assert_eq!(found(&Value::Null, ban("tokio", &["other"])), ["keycask > middle > tokio"]);
}

#[test]
fn a_crate_from_elsewhere_is_caught() {
    let from = |source: &str| foreign(&planted(&json!("dev"), source), &["x"]);
    assert_eq!(from("registry+x"), [""; 0]);
    assert_eq!(from("registry+y"), ["keycask > middle"]);
    assert_eq!(from("git+https://x"), ["keycask > middle"]);
}

/// Tests run without optimisation, where overflow is an error anyway.
#[test]
fn overflow_is_an_error_in_what_is_released() {
    let cargo = std::fs::read_to_string(Path::new(TOP).join("Cargo.toml")).unwrap();
    let cargo: toml::Table = cargo.parse().unwrap();
    assert_eq!(cargo["profile"]["release"]["overflow-checks"].as_bool(), Some(true));
}

/// Whether a part of rustix is asked for, which is needed anyway.
fn asks_rustix_for(metadata: &Value, part: &str) -> bool {
    let nodes = by_id(metadata, "/resolve/nodes");
    let mut rustix = nodes.iter().filter(|(id, _)| id.contains("#rustix@"));
    rustix.any(|(_, node)| node["features"].as_array().unwrap().contains(&json!(part)))
}

/// A crate that is needed anyway can reach the network, if that part of it is asked for.
#[test]
fn no_crate_is_asked_for_its_sockets() {
    let mut metadata = metadata();
    assert!(asks_rustix_for(&metadata, "fs"));
    assert!(!asks_rustix_for(&metadata, "net"));
    let nodes = metadata.pointer_mut("/resolve/nodes").unwrap().as_array_mut().unwrap();
    let rustix = nodes.iter_mut().find(|node| node["id"].as_str().unwrap().contains("#rustix@"));
    rustix.unwrap()["features"].as_array_mut().unwrap().push(json!("net"));
    assert!(asks_rustix_for(&metadata, "net"));
}

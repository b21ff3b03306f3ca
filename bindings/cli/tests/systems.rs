//! The systems' scripts, as they stand in `tests/systems`.

use std::fs;
use std::path::{Path, PathBuf};

use keycask_cli::script::{Failure, Script, Tally, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The scripts by their file names.
fn scripts() -> Vec<(String, String)> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(root().join("tests/systems")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            scripts.push((file, fs::read_to_string(path).unwrap()));
        }
    }
    scripts.sort();
    scripts
}

fn play(file: &str, text: &str) -> Result<Tally, Vec<Failure>> {
    let script = Script::parse(file, text).map_err(|failure| vec![failure])?;
    run(&script, &|path| fs::read_to_string(root().join(path)).ok(), &mut |_, _, _| {})
}

fn holds(file: &str) {
    let scripts = scripts();
    let (file, text) = scripts.iter().find(|(name, _)| name == file).unwrap();
    if let Err(failures) = play(&format!("tests/systems/{file}"), text) {
        let lines: Vec<String> = failures.iter().map(Failure::to_string).collect();
        panic!("{} failures\n{}", lines.len(), lines.join("\n"));
    }
}

#[test]
fn cloudgeni_is_as_its_page_says() {
    holds("cloudgeni.txt");
}

#[test]
fn orbit_is_as_its_profile_says() {
    holds("orbit.txt");
}

#[test]
fn securecodinghub_is_as_its_page_says() {
    holds("securecodinghub.txt");
}

#[test]
fn seogeo_is_as_its_page_says() {
    holds("seogeo.txt");
}

#[test]
fn stackguardian_is_as_its_page_says() {
    holds("stackguardian.txt");
}

#[test]
fn stairoids_is_as_its_page_says() {
    holds("stairoids.txt");
}

#[test]
fn no_script_is_left_out_here() {
    let files: Vec<String> = scripts().into_iter().map(|(file, _)| file).collect();
    let here = ["cloudgeni", "orbit", "securecodinghub", "seogeo", "stackguardian", "stairoids"];
    assert_eq!(files, here.map(|name| format!("{name}.txt")));
}

#[test]
fn every_shipped_profile_has_a_script() {
    let scripts = scripts();
    for entry in fs::read_dir(root().join("profiles")).unwrap() {
        let file = entry.unwrap().file_name().to_string_lossy().into_owned();
        let line = format!("\nprofile profiles/{file}\n");
        assert!(scripts.iter().any(|(_, text)| text.contains(&line)), "{file}");
    }
}

//! Secrets stay where they belong.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::io::Read;
use std::process::Stdio;

use common::{Place, mode, set_mode};

#[test]
fn a_token_is_shown_by_issue_and_by_nothing_else() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "shown", "--name", "ci"]);
    let body = &token["sh_shown_".len()..];
    place.feed(&["verify", "--realm", "shop"], &token).expect(0);
    for args in [
        &["list"][..],
        &["show", &key],
        &["audit"],
        &["audit", "export"],
        &["audit", "export", "--ocsf"],
        &["export", "keys"],
        &["export", "owners"],
        &["report"],
        &["changes"],
        &["stat"],
        &["suspend", &key],
        &["resume", &key],
        &["update", "--name", "x", &key],
    ] {
        for json in [&["--json"][..], &[]] {
            let ran = place.run(&[args, json].concat()).expect(0);
            assert!(!ran.out.contains(body) && !ran.err.contains(body), "{ran:?}");
        }
    }
    for command in ["verify", "explain"] {
        for json in [&["--json"][..], &[]] {
            let ran = place.feed(&[&[command, "--realm", "shop"], json].concat(), &token).expect(0);
            assert!(!ran.out.contains(body) && !ran.err.contains(body), "{ran:?}");
        }
    }
    let mut file = Vec::new();
    fs::File::open(place.store()).unwrap().read_to_end(&mut file).unwrap();
    assert!(!file.windows(body.len()).any(|window| window == body.as_bytes()));
}

/// Once a token was written into JSON as it is: one of another system, with quotes, ended it early.
#[test]
fn a_token_of_another_system_adds_nothing_to_the_json_it_is_in() {
    for token in [r#"x"}{"owner":"eve"#, r"ends-with\", r#"\u0041"\"#] {
        let place = Place::with_owner();
        let line = format!("{}\n", serde_json::json!({ "owner": "ann", "token": token }));
        place.feed(&["import", "--realm", "shop", "--kind", "shown", "-"], &line).expect(0);
        let listed = place.run(&["list", "--json"]).expect(0).json();
        let key = listed["key_id"].as_str().unwrap();
        let revealed = place.run(&["reveal", "--json", key]).expect(0).json();
        assert_eq!((&revealed["token"], &revealed["owner"]), (&token.into(), &"ann".into()));
        assert_eq!(place.run(&["reveal", key]).expect(0).out, format!("{token}\n"));
    }
}

#[test]
fn no_argument_takes_a_token_and_the_process_list_shows_none() {
    let place = Place::with_owner();
    let (_, token) = place.issue(&["--kind", "live"]);
    for option in ["--token", "--pepper", "--sealing-key"] {
        place.run(&["verify", "--realm", "shop", option, &token]).expect(2);
    }
    place.run(&["verify", "--realm", "shop", &token]).expect(2);

    let mut child = place
        .command(&["verify", "--realm", "shop"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // It waits for the token, so it is there to be looked at.
    let seen = |name: &str| fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
    let pepper = [7_u8; 32];
    for text in [seen("cmdline"), seen("environ")] {
        assert!(!text.windows(token.len()).any(|window| window == token.as_bytes()));
        assert!(!text.windows(pepper.len()).any(|window| window == pepper));
    }
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn out_makes_a_new_file_for_its_owner_alone_and_overwrites_none() {
    let place = Place::with_owner();
    let out = place.text("token");
    let issue = ["issue", "--json", "--realm", "shop", "--kind", "live", "--out", &out, "ann"];
    let issued = place.run(&issue).expect(0);
    let token = fs::read_to_string(&out).unwrap();
    assert_eq!(mode(&place.path("token")), 0o600);
    assert!(!issued.out.contains(token.trim_end()) && !issued.err.contains(token.trim_end()));
    assert_eq!(issued.json()["out"], out.as_str());
    let verify = ["verify", "--realm", "shop", "--token-file", &out];
    place.run(&verify).expect(0);

    let again = place.run(&issue).expect(1);
    assert_eq!(again.error()["code"], "conflict");
    assert_eq!(fs::read_to_string(&out).unwrap(), token);
    std::os::unix::fs::symlink(place.path("elsewhere"), place.path("link")).unwrap();
    let link = place.text("link");
    place.run(&["issue", "--realm", "shop", "--kind", "live", "--out", &link, "ann"]).expect(1);
    assert!(!place.path("elsewhere").exists());
    assert_eq!(place.run(&["list", "--json"]).expect(0).lines().len(), 1);
}

#[test]
fn a_refused_issue_leaves_no_file_behind() {
    let place = Place::with_owner();
    let out = place.text("token");
    place.run(&["issue", "--realm", "shop", "--kind", "live", "--out", &out, "bob"]).expect(4);
    assert!(!place.path("token").exists());
}

/// Once the directory was opened and synced when the key was there: if that failed, the file was
/// taken away, and with it the token.
#[test]
fn a_directory_that_cannot_be_synced_is_refused_before_there_is_a_key() {
    let place = Place::with_owner();
    fs::create_dir(place.path("mailbox")).unwrap();
    set_mode(&place.path("mailbox"), 0o300);
    let out = place.text("mailbox/token");
    let issue = ["issue", "--json", "--realm", "shop", "--kind", "live", "--out", &out, "ann"];
    let command = place.command(&issue);
    // Root reads any directory unless it gives that right up.
    let mut bound = std::process::Command::new("setpriv");
    bound.args(["--bounding-set", "-all"]).arg(command.get_program()).args(issue).env_clear();
    bound.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let is_root = rustix::process::geteuid().is_root();
    let ran = common::run(if is_root { bound } else { command }, b"").expect(1);
    assert_eq!(ran.error()["code"], "permission");
    assert!(ran.err.contains("mailbox/token") && !ran.err.contains("lost"), "{ran:?}");
    assert!(!place.path("mailbox/token").exists());
    assert_eq!(place.run(&["list", "--json"]).expect(0).out, "");
}

/// Once the token was written to the null device, which stands in for an output that is closed,
/// and all seemed well.
#[test]
fn a_token_that_would_go_nowhere_is_refused_before_there_is_a_key() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "shown"]);
    fs::copy(place.path("sealing.key"), place.path("seal")).unwrap();
    set_mode(&place.path("seal"), 0o600);
    let keys = |count| {
        let out = place.run(&["list", "--json"]).expect(0).lines();
        assert_eq!(out.len(), count, "{out:?}");
    };
    for args in [
        "issue --realm shop --kind live ann".to_owned(),
        "issue --json --realm shop --kind live ann".to_owned(),
        format!("rotate {key}"),
        format!("reveal --sealing-key-file seal {key}"),
    ] {
        for nowhere in [">&-", ">/dev/null", "<&- >&-"] {
            let ran = place.shell(&format!("keycask {args} {nowhere}"));
            let said = String::from_utf8(ran.stderr).unwrap();
            assert_eq!(ran.status.code(), Some(2), "{args} {nowhere}: {said}");
            assert!(said.contains("give --out"), "{args} {nowhere}: {said}");
            keys(1);
        }
    }
    for somewhere in ["--out token >&-", ">token", "| cat >token"] {
        let reveal = format!("keycask reveal --sealing-key-file seal {key} {somewhere}");
        let ran = place.shell(&format!("rm -f token; {reveal}"));
        assert!(ran.status.success(), "{somewhere}: {ran:?}");
        assert_eq!(fs::read_to_string(place.path("token")).unwrap().trim_end(), token);
    }
    let trail = place.run(&["audit", "--json"]).expect(0).lines();
    assert_eq!(trail.iter().filter(|entry| entry["event"] == "key_revealed").count(), 3);
}

#[test]
fn a_token_that_cannot_be_written_is_told_with_its_key() {
    let place = Place::with_owner();
    for json in [&["--json"][..], &[]] {
        let mut command =
            place.command(&[&["issue", "--realm", "shop", "--kind", "live", "ann"], json].concat());
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let key = place.run(&["list", "--json"]).expect(0).lines().pop().unwrap();
        let key = key["key_id"].as_str().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(key) && said.contains("lost"), "{said}");
    }
}

#[test]
fn a_key_file_that_others_may_read_is_refused_with_the_line_that_mends_it() {
    for name in ["pepper.key", "sealing.key"] {
        for bad in [0o604, 0o640, 0o620, 0o644, 0o601] {
            let place = Place::with_owner();
            set_mode(&place.path(name), bad);
            let ran = place.run(&["stat", "--json"]).expect(1);
            assert_eq!(ran.error()["code"], "permission");
            let line = format!("chmod 600 '{}'", place.text(name));
            assert!(ran.error()["message"].as_str().unwrap().contains(&line), "{ran:?}");
            set_mode(&place.path(name), 0o400);
            place.run(&["stat"]).expect(0);
        }
    }
}

#[test]
fn a_key_file_of_another_length_is_refused_and_not_quoted() {
    let place = Place::with_owner();
    for bad in [&b""[..], b"sesame sesame", &[b'7'; 33], &[b'z'; 64]] {
        place.secret("pepper.key", bad);
        let ran = place.run(&["stat", "--json"]).expect(2);
        let message = ran.error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("32 bytes or 64 hex digits"), "{message}");
        assert!(!message.contains("sesame"), "{message}");
    }
    let hex: String = [7_u8; 32].iter().map(|byte| format!("{byte:02X}")).collect();
    place.secret("pepper.key", format!("{hex}\n").as_bytes());
    place.run(&["stat"]).expect(0);
}

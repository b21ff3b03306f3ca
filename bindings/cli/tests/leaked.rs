//! Texts in, tokens of the store out, and their keys revoked.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::Write;
use std::process::Stdio;

use common::Place;
use serde_json::json;

fn state(place: &Place, key: &str) -> String {
    place.run(&["show", "--json", key]).expect(0).json()["state"].as_str().unwrap().to_owned()
}

#[test]
fn tokens_in_a_text_are_told_of_and_not_shown_and_revoked_only_with_both_flags() {
    let place = Place::with_owner();
    let (live, token) = place.issue(&["--kind", "live"]);
    let (paused, other) = place.issue(&["--kind", "test"]);
    place.run(&["suspend", &paused]).expect(0);
    let text = format!("a\nKEY={token}\nx{other};{}\n", "sh_live_".repeat(9));
    place.file("dump", text.as_bytes());
    let (dump, leaked) = (place.text("dump"), ["leaked", "--json"]);

    for (more, code) in [(&[dump.as_str()][..], 0), (&["--revoke", &dump], 2)] {
        let ran = place.run(&[&leaked[..], more].concat()).expect(code);
        assert_eq!(code == 2, ran.err.contains("nothing was revoked: give --yes too"), "{ran:?}");
        let lines = ran.lines();
        assert_eq!(lines.len(), 3, "{ran:?}");
        let wants = |wants_yes: bool| {
            json!({
                "schema_version": 1, "bytes": text.len(), "tokens_found": 2,
                "keys_not_revoked_before": 2, "keys_revoked": 0, "wants_yes": wants_yes,
            })
        };
        assert_eq!(lines[2], wants(more.len() > 1), "a program was not told that none was revoked");
        assert_eq!((&lines[0]["line"], &lines[0]["column"]), (&2.into(), &5.into()));
        assert_eq!((&lines[1]["line"], &lines[1]["column"]), (&3.into(), &2.into()));
        assert_eq!(lines[0]["offset"], 6);
        for (line, key, code, kind) in
            [(&lines[0], &live, "ok", "live"), (&lines[1], &paused, "suspended", "test")]
        {
            assert_eq!(line["key_id"], key.as_str());
            assert_eq!((&line["realm"], &line["owner"]), (&"shop".into(), &"ann".into()));
            assert_eq!((&line["code"], &line["kind"]), (&code.into(), &kind.into()));
            assert_eq!(line["live"], code == "ok");
        }
        assert!(!ran.out.contains(&token) && !ran.out.contains(&other), "{ran:?}");
        assert_eq!(state(&place, &live), "active");
    }

    let told = place.run(&["leaked", "--revoke", &dump]).expect(2);
    assert!(told.err.contains("keys not revoked before: 2; revoked now: 0"), "{told:?}");
    assert!(told.err.contains("nothing was revoked: give --yes too"), "{told:?}");

    let revoke =
        ["leaked", "--json", "--revoke", "--yes", "--actor", "ann", "--reason", "leak", "-"];
    let ran = place.feed(&revoke, &text).expect(0);
    let lines = ran.lines();
    assert_eq!((&lines[4]["keys_revoked"], &lines[4]["wants_yes"]), (&2.into(), &false.into()));
    let revoked: Vec<_> = lines[2..4].iter().map(|line| line["revoked"].clone()).collect();
    assert_eq!(revoked, [live.as_str(), paused.as_str()]);
    assert_eq!(
        (state(&place, &live), state(&place, &paused)),
        ("revoked".into(), "revoked".into())
    );
    let trail = place.run(&["audit", "--json"]).expect(0).lines();
    let last = &trail[trail.len() - 2..];
    assert!(last.iter().all(|entry| entry["event"] == "key_revoked" && entry["reason"] == "leak"));
    let again = place.feed(&revoke, &text).expect(0).lines();
    assert_eq!((again.len(), &again[2]["keys_not_revoked_before"]), (3, &0.into()));
    assert!(again[..2].iter().all(|line| line["code"] == "revoked"));
    let none = place.run(&["leaked", "--json", "--revoke", &dump]).expect(0).lines();
    assert_eq!(none[2]["wants_yes"], false);
}

/// Once the search ended, and with it the revoking, at the first line that could not be written,
/// and nothing was said: in a pipe to `grep -q` all seemed well, and no key was revoked.
#[test]
fn keys_are_revoked_though_nobody_reads_what_is_printed() {
    for json in [&["--json"][..], &[]] {
        let place = Place::with_owner();
        let (one, token) = place.issue(&["--kind", "live"]);
        let (two, other) = place.issue(&["--kind", "test"]);
        let leaked = [&["leaked", "--revoke", "--yes", "-"], json].concat();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.command(&leaked);
        command.stdin(Stdio::piped()).stdout(writer).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(command);
        child.stdin.take().unwrap().write_all(format!("{token}\n{other}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (state(&place, &one), state(&place, &two)),
            ("revoked".into(), "revoked".into())
        );
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("keys revoked now: 2; not all of it could be told"), "{said}");
        // Who only looks needs no end that is told.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        place.file("dump", token.as_bytes());
        let mut looks = place.command(&[&["leaked", &place.text("dump")], json].concat());
        let output = looks.stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), &b""[..]));
    }
}

#[test]
fn what_github_sends_is_read_and_each_token_has_its_alert() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "live"]);
    let message = format!(
        r#"[{{"token": "{token}", "type": "shop_live", "url": "https://x/1", "source": "commit"}},
            {{"token": "other", "type": "other", "url": "https://x/2"}}]"#
    );
    let lines = place.feed(&["leaked", "--github", "--json", "-"], &message).expect(0).lines();
    assert_eq!((lines.len(), &lines[1]["tokens_found"]), (2, &1.into()));
    assert_eq!((&lines[0]["alert"], &lines[0]["key_id"]), (&1.into(), &key.as_str().into()));
    assert_eq!((&lines[0]["url"], &lines[0]["type"]), (&"https://x/1".into(), &"shop_live".into()));
    let bad = format!(r#"[{{"type": "{token}"}}]"#);
    let ran = place.feed(&["leaked", "--github", "--json", "-"], &bad).expect(2);
    assert!(ran.error()["message"].as_str().unwrap().starts_with("alert 1: has neither"));
    assert!(!ran.err.contains(&token));
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_yes_alone_is_no_request() {
    let place = Place::with_owner();
    let ran = place.run(&["leaked", "--json", &place.text("missing")]).expect(4);
    assert!(ran.error()["message"].as_str().unwrap().contains("missing"), "{ran:?}");
    let ran = place.run(&["leaked", "--json", &place.text("")]).expect(2);
    assert!(ran.error()["message"].as_str().unwrap().contains("is a directory"), "{ran:?}");
    place.run(&["leaked", "--yes", "-"]).expect(2);
}

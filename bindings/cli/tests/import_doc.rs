//! The commands of docs/import.md and docs/pepper.md do what the pages say.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::Place;

fn said(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_reader_who_follows_the_page_moves_in_from_a_sha_256_table() {
    let page = include_str!("../../../docs/import.md");
    let [dry, import] = common::blocks(page)[..] else {
        panic!("other blocks: {:#?}", common::blocks(page));
    };
    let place = Place::with_owner();
    let told = said(&place.shell(dry));
    assert!(told.contains("imported") && told.contains('2'), "{told}");
    let verify = |token: &str| place.feed(&["verify", "--realm", "shop"], token).code;
    assert_eq!(verify("hello"), 3);
    place.shell(import);
    assert_eq!((verify("hello"), verify("world"), verify("mars!")), (0, 0, 3));
    let keys = place.run(&["list", "--json", "--realm", "shop"]).expect(0).lines();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key["imported"] == true));
    let again = place.run(&[
        "import",
        "--json",
        "--realm",
        "shop",
        "--kind",
        "live",
        "--scheme",
        "sha256",
        &place.text("keys.jsonl"),
    ]);
    let again = again.expect(0).json();
    assert_eq!((&again["known"], &again["imported"]), (&2.into(), &0.into()));
}

#[test]
fn a_file_with_a_refused_line_is_imported_not_at_all_unless_it_is_skipped() {
    let place = Place::with_owner();
    let lines = "{\"owner\": \"ann\", \"token\": \"the-first\"}\n{\"owner\": \"ann\"}\n";
    let file = place.file("keys.jsonl", lines.as_bytes());
    let file = file.to_str().unwrap();
    let base = ["import", "--json", "--realm", "shop", "--kind", "live", file];
    let refused = place.run(&base).expect(2);
    assert!(refused.err.contains("line 2: want either"), "{refused:#?}");
    assert!(place.run(&["list", "--json", "--realm", "shop"]).expect(0).out.is_empty());
    place.run(&[&base[..], &["--dry-run"]].concat()).expect(1);
    let done = place.run(&[&base[..], &["--skip-refused"]].concat()).expect(0).json();
    assert_eq!((&done["imported"], &done["refused"]), (&1.into(), &1.into()));
}

#[test]
fn a_secret_of_an_import_comes_from_a_file_of_its_own() {
    let place = Place::with_owner();
    place.secret("old.salt", b"salt");
    // SHA-256 of "saltkey1".
    let digest = "d4de4288f963bc50e81de1dd05ddd6bfeb8f3397ac4d005c1cdb7f969f334a7f";
    let line = format!("{{\"owner\": \"ann\", \"digest\": \"{digest}\"}}\n");
    let file = place.file("keys.jsonl", line.as_bytes());
    let secret = format!("old={}", place.text("old.salt"));
    let file = file.to_str().unwrap();
    let args = ["import", "--realm", "shop", "--kind", "live", "--scheme", "sha256:before=old"];
    let open = place.run(&[&args[..], &["--import-secret", "old", file]].concat()).expect(2);
    assert!(open.err.contains("want NAME=FILE"), "{open:#?}");
    place.run(&[&args[..], &["--import-secret", &secret, file]].concat()).expect(0);
    let verify = ["verify", "--realm", "shop", "--import-secret", &secret];
    place.feed(&verify, "key1").expect(0);
    let without = place.feed(&verify[..3], "key1").expect(1);
    assert!(without.err.contains("import secret \"old\""), "{without:#?}");
    common::set_mode(&place.path("old.salt"), 0o644);
    place.feed(&verify, "key1").expect(1);
}

#[test]
fn a_reader_who_follows_the_page_rotates_the_pepper_and_retires_the_one_before() {
    let page = include_str!("../../../docs/pepper.md");
    let [rotate, status, retire] = common::blocks(page)[..] else {
        panic!("other blocks: {:#?}", common::blocks(page));
    };
    let place = Place::with_owner();
    let [(_, used), (idle, unused)] = [(); 2].map(|()| place.issue(&["--kind", "live"]));
    place.shell(rotate);
    place.run(&["stat"]).expect(1);
    let told = said(&place.shell(status));
    assert!(told.contains("left") && told.contains('2'), "{told}");
    let with = |args: &[&str], token: &str| {
        let mut command = place.command(args);
        command.env("KEYCASK_PEPPER_FILE", place.path("pepper-2.key"));
        command.env("KEYCASK_PREVIOUS_PEPPER_FILE", place.path("pepper.key"));
        common::run(command, token.as_bytes())
    };
    // The command reads; a service that writes has the key come over.
    with(&["verify", "--realm", "shop"], &used).expect(0);
    with(&["verify", "--realm", "shop"], &unused).expect(0);
    let told = said(&place.shell(retire));
    assert!(told.contains("revoked") && told.contains('2'), "{told}");
    let shown = with(&["show", "--json", &idle], "").expect(0).json();
    assert_eq!(shown["state"], "revoked");
    assert_eq!(shown["reason"], "rotated in spring");
}

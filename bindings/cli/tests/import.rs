//! Keys of another system are moved in, a line each.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::Place;

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
    // A dry run ends as the import would.
    place.run(&[&base[..], &["--dry-run"]].concat()).expect(2);
    place.run(&[&base[..], &["--dry-run", "--skip-refused"]].concat()).expect(0);
    let done = place.run(&[&base[..], &["--skip-refused"]].concat()).expect(0).json();
    assert_eq!((&done["imported"], &done["refused"]), (&1.into(), &1.into()));
}

#[test]
fn lines_come_from_standard_input_too_and_are_checked_before_the_first_is_imported() {
    let place = Place::with_owner();
    let import = ["import", "--json", "--realm", "shop", "--kind", "live", "-"];
    let good = "{\"owner\": \"ann\", \"token\": \"the-first\"}\n";
    let refused = place.feed(&import, format!("{good}x\n")).expect(2);
    assert!(refused.err.contains("line 2"), "{refused:#?}");
    assert!(place.run(&["list", "--json"]).expect(0).out.is_empty());
    let dry = place.feed(&[&import[..], &["--dry-run"]].concat(), good).expect(0).json();
    assert_eq!(dry["imported"], 1);
    assert_eq!(place.feed(&import, good).expect(0).json()["imported"], 1);
    let skips = [&import[..], &["--skip-refused"]].concat();
    let skipped = place.feed(&skips, format!("x\n{good}")).expect(0).json();
    assert_eq!((&skipped["known"], &skipped["refused"]), (&1.into(), &1.into()));
    place.feed(&["verify", "--realm", "shop"], "the-first").expect(0);
}

#[test]
fn refused_lines_are_told_in_order_by_what_is_wrong_with_them() {
    let place = Place::with_owner();
    let bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    let lines = format!(
        "{{\"owner\": \"bob\", \"token\": \"the-first\"}}\n\
         {{\"owner\": \"ann\", \"digest\": \"{bcrypt}\", \"scheme\": \"sha256\"}}\n\
         {{\"owner\": \"eve\", \"token\": \"the-third\"}}\n\
         no JSON\n"
    );
    let import = ["import", "--json", "--realm", "shop", "--kind", "live", "--dry-run", "-"];
    let told = place.feed(&import, lines).expect(2).err;
    let says: Vec<&str> = told.lines().collect();
    let want = [
        "line 1: owner: realm \\\"shop\\\" has none of this id",
        "line 2: digest: it is bcrypt, which is made to be slow",
        "line 3: owner: realm \\\"shop\\\" has none of this id",
        "line 4: column 2: is not JSON",
    ];
    assert_eq!(says.len(), want.len(), "{told}");
    for (says, want) in says.iter().zip(want) {
        assert!(says.contains(want), "{says} has not {want}");
    }
    assert!(!told.contains("bob") && !told.contains(&bcrypt[7..]), "{told}");
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

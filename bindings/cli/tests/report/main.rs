//! The report: what it says, what it does not say, and how it looks.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod browser;
#[path = "../common/mod.rs"]
mod common;
#[path = "../../../../tests/common/hands.rs"]
mod hands;
mod odd;
mod sample;

use std::fs;

use browser::{Browser, Colour};
use common::{Place, mode};
use sample::{EVIL, RTL, Sample, options, sample};
use serde_json::Value;

/// A line of a decision about `key`.
fn grant(key: keycask::KeyId, day: u32, needed: &str) -> String {
    let at = format!("2026-11-{day:02}T00:00:00Z");
    let which = format!(r#""outcome":"granted","key_id":"{key}""#);
    format!(r#"{{"at":"{at}",{which},"needed":{needed}}}"#)
}

/// Decisions by which `sample.wide` needs `read` alone.
fn decisions(sample: &Sample) -> String {
    let lines = (1..=25).map(|day| grant(sample.wide, day, r#"["read"]"#) + "\n");
    let denial = "{\"at\":\"2026-11-01T00:00:00Z\",\"outcome\":\"unknown\",\"key_id\":null}\n";
    let text = lines.collect::<String>() + denial;
    sample.place.file("decisions.jsonl", text.as_bytes());
    sample.place.text("decisions.jsonl")
}

fn page(place: &Place, args: &[&str]) -> String {
    place.run(&[&["report"], args].concat()).expect(0).out
}

fn figures(place: &Place, args: &[&str]) -> Value {
    place.run(&[&["report", "--json"], args].concat()).expect(0).json()
}

/// Findings by their codes, and how many things each is about.
fn found(figures: &Value) -> Vec<(String, u64)> {
    let findings = figures["findings"].as_array().unwrap().iter();
    findings
        .map(|f| (f["code"].as_str().unwrap().to_owned(), f["total"].as_u64().unwrap()))
        .collect()
}

#[test]
fn a_report_holds_no_secret() {
    let sample = sample();
    let decisions = decisions(&sample);
    for form in
        [page(&sample.place, &["--decisions", &decisions]), figures(&sample.place, &[]).to_string()]
    {
        assert!(form.len() > 10_000 && form.contains("key_"));
        assert!(sample.tokens.len() > 20);
        for token in &sample.tokens {
            // The last four characters are its hint.
            let body = &token[token.rfind('_').unwrap() + 1..token.len() - 4];
            assert!(body.len() >= 28 && !form.contains(body), "{token}");
        }
        for secret in ["07".repeat(16), "0f".repeat(16), "BwcHBwcH".to_owned()] {
            assert!(!form.contains(&secret), "{secret}");
        }
    }
}

#[test]
fn what_others_chose_is_text_and_nothing_else() {
    let sample = sample();
    let page = page(&sample.place, &[]);
    assert!(page.matches("&lt;script&gt;alert('&quot;1&quot;')&lt;/script&gt;").count() >= 2);
    assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains(EVIL));
    // A direction that is turned is named; letters that are written so are set apart.
    assert!(!page.contains('\u{202e}') && page.contains("<span class=\"unseen\">U+202E</span>"));
    assert!(page.contains(&format!("<bdi>{RTL}</bdi>")));
    // Nothing is loaded, run or sent, and the browser is told so.
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; "));
    let lower = page.to_lowercase();
    for word in [
        " src=",
        "url(",
        "@import",
        "http:",
        "https:",
        "javascript:",
        " onload",
        "<link",
        "<form",
        " style=",
    ] {
        assert!(!lower.contains(word), "{word}");
    }
    let links = page.split("href=\"").skip(1);
    assert!(links.clone().count() > 8 && links.clone().all(|link| link.starts_with('#')));
    // Each link has its place.
    for link in links {
        let id = link[1..].split_once('"').unwrap().0;
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

/// Once a report took the place of the device, the link or the FIFO that its path named.
#[test]
fn nothing_but_a_regular_file_is_replaced_by_a_report() {
    let place = Place::with_owner();
    let target = place.file("target", b"kept");
    std::os::unix::fs::symlink(&target, place.path("link")).unwrap();
    std::os::unix::fs::symlink("/proc/self/fd/1", place.path("stdout")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(place.path("fifo")).status().unwrap();
    assert!(fifo.success());
    fs::create_dir(place.path("directory")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.path("socket")).unwrap();
    let kind = |name: &str| fs::symlink_metadata(place.path(name)).unwrap().file_type();
    for (name, what) in [
        ("link", "a symbolic link"),
        ("stdout", "a symbolic link"),
        ("fifo", "a FIFO"),
        ("directory", "a directory"),
        ("socket", "a socket"),
    ] {
        let (path, before) = (place.text(name), kind(name));
        let ran = place.run(&["report", "--json", "--out", &path]).expect(1);
        let error = ran.error();
        assert_eq!((&ran.out[..], &error["code"]), ("", &"conflict".into()), "{error}");
        let want = format!("--out {path:?} is {what}, ");
        assert!(error["message"].as_str().unwrap().starts_with(&want), "{error}");
        assert_eq!(kind(name), before);
    }
    assert_eq!(fs::read(&target).unwrap(), b"kept");
    place.run(&["report", "--out", &place.text("target")]).expect(0);
    place.run(&["report", "--out", &place.text("new")]).expect(0);
    assert!(fs::read(&target).unwrap().len() > 1000 && mode(&place.path("new")) == 0o600);
}

#[test]
fn the_findings_are_those_that_are_there_and_their_commands_run() {
    let sample = sample();
    let figures = figures(&sample.place, &["--decisions", &decisions(&sample)]);
    let expected = [
        ("expiring", 2),
        ("rotation_due", 2),
        ("used_in_grace", 1),
        ("over_scoped", 1),
        ("never_used", 10),
        ("unused", 8),
        ("old", 2),
        ("endless", 4),
        ("long_suspended", 1),
        ("quota_low", 1),
        ("at_cap", 1),
        ("revealed", 1),
        ("all_scopes", 1),
        ("owners_suspended", 1),
        ("usage_not_kept", 1),
    ];
    assert_eq!(found(&figures), expected.map(|(code, total)| (code.to_owned(), total)));
    let verdict = &figures["verdict"];
    assert_eq!([&verdict["act"], &verdict["look"], &verdict["note"]], [2, 10, 3]);
    let first = |code: &str| {
        let of = |f: &&Value| f["code"] == code;
        figures["findings"].as_array().unwrap().iter().find(of).unwrap()["first"][0].clone()
    };
    let over = first("over_scoped");
    assert_eq!(
        (&over["key"], &over["never_needed"]),
        (&sample.wide.to_string().into(), &"write".into())
    );
    let cap = first("at_cap");
    assert_eq!([&cap["owner"], &cap["plan"], &cap["cap"]], ["ann", "small", "2"]);
    assert_eq!(first("quota_low")["credits_left"], "40 of 1,000");
    assert_eq!(first("expiring")["owner"], EVIL);

    // A list that a finding names has the keys that the finding counts.
    let mut lists = 0;
    for finding in figures["findings"].as_array().unwrap() {
        for command in finding["commands"].as_array().unwrap() {
            let command = command.as_str().unwrap();
            if let Some(args) = command.strip_prefix("keycask list ") {
                let args: Vec<&str> = args.split(' ').collect();
                let count = sample.place.run(&[&["list", "--json", "--count"], &args[..]].concat());
                let count = count.expect(0).json()["keys"].as_u64();
                // Keys that are unused are listed with some that never were used; those that
                // expire, with one that has a successor.
                let never = match finding["code"].as_str().unwrap() {
                    "unused" => 6,
                    "expiring" => 1,
                    _ => 0,
                };
                assert_eq!(count, finding["total"].as_u64().map(|n| n + never), "{command}");
                lists += 1;
            } else if let Some(args) = command.strip_prefix("keycask ") {
                let words = args.split([' ', '-']).take_while(|word| !word.is_empty());
                let words: Vec<&str> = words.take(1).collect();
                sample.place.run(&[&words[..], &["--help"]].concat()).expect(0);
            }
        }
    }
    assert_eq!(lists, 6);
}

#[test]
fn the_figures_add_up() {
    let sample = sample();
    let figures = figures(&sample.place, &[]);
    let sum = |of: &Value| of.as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    let keys = &figures["keys"];
    assert_eq!(sum(&keys["by_state"]), 32);
    assert_eq!(keys["total"], 32);
    let kinds = keys["by_kind"].as_array().unwrap().iter().map(sum).sum::<u64>();
    assert_eq!((kinds, keys["by_state"]["revoked"].as_u64()), (32, Some(3)));
    let live = keys["by_state"]["active"].as_u64().unwrap();
    assert_eq!(sum(&keys["by_age"]), live);
    let unused = ["without_use", "use_not_kept"].map(|name| keys[name].as_u64().unwrap());
    assert_eq!(sum(&keys["by_last_use"]) + unused[0] + unused[1], live);
    let weeks = keys["ends_by_week"].as_array().unwrap();
    let ends = ["without_successor", "in_grace"];
    let ends = weeks.iter().flat_map(|w| ends.map(|name| w[name].as_u64().unwrap())).sum::<u64>();
    let outside = ["ends_later", "ends_never"].map(|name| keys[name].as_u64().unwrap());
    assert_eq!((weeks.len(), ends + outside[0] + outside[1]), (26, live));
    let audit = &figures["audit"];
    assert_eq!(sum(&audit["events"]), audit["in_period"].as_u64().unwrap());
    let actors = audit["actors"].as_array().unwrap().iter().map(|a| sum(&a["events"])).sum::<u64>();
    assert_eq!(actors, sum(&audit["events"]));
    assert_eq!(audit["chain"], true);
    assert_eq!(figures["file"]["checked"], true);
}

#[test]
fn a_list_is_cut_and_says_of_how_many() {
    let sample = sample();
    let page = page(&sample.place, &["--rows", "3"]);
    assert!(page.contains("The first 3 of 10 rows:") && page.contains("The first 3 of 8 rows:"));
    assert!(!page.contains("The first 3 of 2"));
    let figures = figures(&sample.place, &["--rows", "3"]);
    let longest = |f: &Value| f["first"].as_array().unwrap().len();
    assert!(figures["findings"].as_array().unwrap().iter().all(|f| longest(f) <= 3));
    sample.place.run(&["report", "--rows", "0"]).expect(2);
    sample.place.run(&["report", "--period", "1h"]).expect(2);
}

#[test]
fn scopes_that_are_needed_are_not_guessed() {
    let sample = sample();
    let page = page(&sample.place, &[]);
    assert!(page.contains("Which scopes the keys need is not known"));
    assert!(!page.contains("that it does not need"));
    assert_eq!(figures(&sample.place, &[])["decisions"], Value::Null);
    // A key is not judged by few grants, nor one that needed all that it has.
    for (lines, needed) in [(19, r#"["read"]"#), (25, r#"["read","write"]"#)] {
        let lines = (1..=lines).map(|day| grant(sample.wide, day, needed) + "\n");
        sample.place.file("few.jsonl", lines.collect::<String>().as_bytes());
        let figures = figures(&sample.place, &["--decisions", &sample.place.text("few.jsonl")]);
        assert!(!found(&figures).iter().any(|(code, _)| code == "over_scoped"), "{needed}");
        assert_eq!(figures["decisions"]["keys"], 1);
    }
    let bad = grant(sample.wide, 1, "[]") + "\nsh_live_secret\n";
    sample.place.file("bad.jsonl", bad.as_bytes());
    let bad = sample.place.text("bad.jsonl");
    let refused = sample.place.run(&["report", "--json", "--decisions", &bad]).expect(2).error();
    let why = refused["message"].as_str().unwrap();
    assert!(why.contains("line 2") && !why.contains("sh_live_secret"), "{why}");
    sample.place.run(&["report", "--decisions", &sample.place.text("none")]).expect(4);
}

#[test]
fn a_report_is_made_beside_a_running_service_and_takes_the_place_of_the_last_one() {
    let sample = sample();
    let service = options(&sample.place).open(sample.place.store()).unwrap();
    let out = sample.place.text("report.html");
    sample.place.file("report.html", b"the last one");
    let ran = sample.place.run(&["report", "--out", &out]).expect(0);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("report.html: 2 findings to act on"), "{}", ran.err);
    let page = fs::read_to_string(&out).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    assert_eq!(mode(&sample.place.path("report.html")), 0o600);
    service.close().unwrap();
    sample.place.run(&["report", "--out", &sample.place.text("no/report.html")]).expect(4);
}

#[test]
fn a_store_of_nothing_calls_for_nobody() {
    let place = Place::empty();
    place.run(&["init"]).expect(0);
    let figures = figures(&place, &[]);
    assert_eq!(found(&figures), []);
    let page = page(&place, &[]);
    assert!(page.contains("Nothing that calls for anybody."));
}

#[test]
fn a_trail_that_was_altered_is_the_first_finding_and_the_exit_status() {
    let sample = sample();
    let mut bytes = fs::read(sample.place.store()).unwrap();
    let reason = b"asked by bob";
    let places: Vec<_> = (0..bytes.len() - reason.len())
        .filter(|at| &bytes[*at..*at + reason.len()] == reason)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + reason.len()].copy_from_slice(b"asked by eve");
    }
    fs::write(sample.place.store(), bytes).unwrap();
    let ran = sample.place.run(&["report", "--json"]).expect(6);
    let figures = ran.json();
    let codes: Vec<String> = found(&figures).into_iter().map(|(code, _)| code).collect();
    assert!(codes.contains(&"trail_altered".to_owned()), "{codes:?}");
    assert_eq!(figures["audit"]["chain"], false);
    let page = sample.place.run(&["report"]).expect(6).out;
    assert!(page.contains("class=\"verdict act\"") && page.contains("The chain does not hold"));
}

/// The colours of the style sheet, by light and dark: the ground, and what charts are drawn in.
const GROUND: [Colour; 2] = [[0xf6, 0xf5, 0xf2], [0x12, 0x13, 0x16]];
const BLUE: [Colour; 2] = [[0x2a, 0x78, 0xd6], [0x39, 0x87, 0xe5]];
const AMBER: [Colour; 2] = [[0xb5, 0x76, 0x00], [0xc9, 0x85, 0x00]];
const GREY: [Colour; 2] = [[0x87, 0x85, 0x7f], [0x8b, 0x89, 0x83]];
const VIOLET: [Colour; 2] = [[0x4a, 0x3a, 0xa7], [0x90, 0x85, 0xe9]];
const GREEN: [Colour; 2] = [[0x0e, 0x8a, 0x5f], [0x1b, 0xaf, 0x7a]];

#[test]
fn a_browser_shows_it_in_light_in_dark_and_on_paper() {
    let sample = sample();
    let page = page(&sample.place, &["--rows", "3", "--decisions", &decisions(&sample)]);
    let browser = Browser::new();
    for dark in [false, true] {
        let (own, other) = (usize::from(dark), usize::from(!dark));
        let picture = browser.draw(&page, dark, (1200, 8000));
        assert!(picture.percent(GROUND[own]) > 15 && picture.percent(GROUND[other]) == 0);
        for (colours, least) in [(BLUE, 4000), (AMBER, 20), (GREY, 40), (VIOLET, 60), (GREEN, 10)] {
            let seen = picture.count(colours[own]);
            assert!(seen >= least, "dark {dark}: {seen} pixels of {:?}", colours[own]);
        }
        // What a colour is taken for is not seen where nothing has it.
        assert!(picture.count([0xff, 0x00, 0xff]) == 0);
    }
    let sheets = browser.print(&page);
    assert!((4..=20).contains(&sheets.len()), "{} sheets", sheets.len());
    assert!(sheets.iter().all(|sheet| sheet.percent([0xff; 3]) > 50));
    for colours in [BLUE, VIOLET] {
        assert!(sheets.iter().map(|sheet| sheet.count(colours[0])).sum::<usize>() > 50);
    }

    // On a phone and on a desk nothing stands out at the side, nothing is asked for, and the
    // browser has nothing to complain of.
    let widths = [360, 1200];
    let fits =
        |of: &[(u64, u64)]| of.iter().zip(widths).all(|((wide, _), width)| *wide <= width.into());
    let (measured, complaints) = browser.measure(&[&page], &widths);
    assert!(fits(&measured[0]) && measured[0].iter().all(|(_, asked)| *asked == 0), "{measured:?}");
    assert_eq!(complaints, [""; 0]);
    // All of which would be noticed.
    let wide = page.replace("<main>", "<main><div style=\"width:1300px\">wide</div>");
    let greedy = page
        .replace("default-src 'none'", "default-src *")
        .replace("<main>", "<main><img src=\"http://127.0.0.1:9/a.png\">");
    let script = page.replace("<main>", "<main><script>1</script>");
    let (measured, complaints) = browser.measure(&[&wide, &greedy, &script], &widths);
    assert!(
        !fits(&measured[0]) && measured[1].iter().all(|(_, asked)| *asked == 1),
        "{measured:?}"
    );
    assert!(complaints.iter().any(|line| line.contains("inline script")), "{complaints:?}");
}

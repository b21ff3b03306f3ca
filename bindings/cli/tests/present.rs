//! Requests in, answers out.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use common::Place;

/// The status lines, headers and bodies of the answers in `wire`, by their lengths.
fn answers(wire: &str) -> Vec<(u16, String, String)> {
    let mut rest = wire;
    let mut answers = Vec::new();
    while !rest.is_empty() {
        let (head, after) = rest.split_once("\r\n\r\n").unwrap();
        let status = head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
        let header = |name: &str| {
            let value = |line: &str| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case(name).then(|| value.to_owned())
            };
            head.lines().find_map(value)
        };
        let len: usize = header("Content-Length").unwrap().parse().unwrap();
        answers.push((status, head.to_owned(), after[..len].to_owned()));
        rest = &after[len..];
    }
    answers
}

const PRESENT: [&str; 3] = ["present", "--realm", "shop"];

#[test]
fn pipelined_heads_are_answered_in_order_whatever_their_line_ends() {
    let place = Place::with_owner();
    let (_, token) = place.issue(&["--kind", "live", "--scopes", "read"]);
    let input = format!(
        "GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n\
         GET /b HTTP/1.1\nAuthorization: Bearer {token}x\n\n\
         \n\
         POST /c HTTP/1.1\r\nauthorization: bearer {token}\r\n\r\n\
         nonsense\r\n\r\n\
         PUT /d HTTP/1.1\n\n\
         GET /e HTTP/1.1\nAuthorization:Bearer {token}"
    );
    let ran = place.feed(&PRESENT, input).expect(0);
    let answers = answers(&ran.out);
    let statuses: Vec<_> = answers.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [200, 401, 403, 400, 401, 200]);
    assert!(answers[1].1.contains("WWW-Authenticate: "), "{}", answers[1].1);
    assert!(answers[1].1.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    assert!(!ran.out.contains(&token) && !ran.err.contains(&token));
}

#[test]
fn a_refusal_to_head_has_the_length_of_a_body_and_no_body() {
    let place = Place::with_owner();
    let ran = place.feed(&PRESENT, "HEAD / HTTP/1.1\r\n\r\n").expect(0);
    assert!(ran.out.starts_with("HTTP/1.1 401 ") && ran.out.ends_with("\r\n\r\n"), "{}", ran.out);
    assert!(ran.out.contains("Content-Length: ") && !ran.out.contains("Content-Length: 0"));
}

#[test]
fn rates_are_counted_over_the_heads_of_a_run() {
    let place = Place::with_owner();
    place.run(&["owner", "set", "--realm", "shop", "--plan", "small", "ann"]).expect(0);
    let (_, token) = place.issue(&["--kind", "live", "--scopes", "read"]);
    let head = format!("GET / HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n");
    for _ in 0..2 {
        let ran = place.feed(&PRESENT, head.repeat(5)).expect(0);
        let statuses: Vec<_> = answers(&ran.out).iter().map(|(status, ..)| *status).collect();
        assert_eq!(statuses, [200, 200, 200, 429, 429]);
    }
    let later = [&PRESENT[..], &["--at", "+2h"]].concat();
    assert_eq!(answers(&place.feed(&later, &head).expect(0).out)[0].0, 200);
}

#[test]
fn a_line_of_json_tells_the_operator_what_the_answer_does_not() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "live", "--scopes", "read"]);
    place.run(&["revoke", &key]).expect(0);
    let input = format!(
        "GET / HTTP/1.1\nX-Request-Id: abc\nAuthorization: Bearer {token}\n\n\
         GET / HTTP/1.1\nX-Api-Key: {token}\n\nx\n\n"
    );
    let lines = place.feed(&[&PRESENT[..], &["--json"]].concat(), input).expect(0).lines();
    let codes: Vec<_> = lines.iter().map(|line| line["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["revoked", "wrong_header", "bad_request"]);
    let statuses: Vec<_> = lines.iter().map(|line| line["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [401, 401, 400]);
    assert_eq!(lines[0]["request_id"], "abc");
    assert_eq!(lines[1]["request_id"], "req-2");
    assert_eq!(lines[0]["body"], lines[1]["body"]);
    assert!(lines.iter().all(|line| line["schema_version"] == 1 && line["granted"] == false));
}

#[test]
fn each_head_is_answered_before_the_next_one_is_sent() {
    let place = Place::with_owner();
    let mut child = place
        .command(&PRESENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        input.write_all(b"HEAD / HTTP/1.1\r\n\r\n").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 401 "), "{line:?}");
        while line != "\r\n" {
            line.clear();
            output.read_line(&mut line).unwrap();
        }
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn no_heads_get_no_answers() {
    let place = Place::with_owner();
    assert_eq!(place.feed(&PRESENT, "").expect(0).out, "");
    assert_eq!(place.feed(&PRESENT, "\r\n\r\n").expect(0).out, "");
}

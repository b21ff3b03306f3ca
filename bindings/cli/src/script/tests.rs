//! The runner itself: that it reads what the format says, and that it fails when it must.

use super::*;

const PROFILE: &str = r#"
realm = "small"

[[kind]]
name = "key"
prefix = "small_"
body = 24
checksum = "none"

[[scope]]
name = "read"

[[scope]]
name = "write"

[answers.unauthorized]
status = 401
body = '{"error":"unauthorized"}'
"#;

/// A script that holds. Each test below breaks one thing about it.
const SCRIPT: &str = r#"# A system that is as small as can be.
clock 2026-01-05T09:00:00Z
system title=Small
profile small.toml

answer unauthorized
< 401
< Content-Type: application/json
< !X-Nothing
<
< {"error":"unauthorized"}

## The key [demo]

owner someone
issue first kind=key owner=someone scopes=read name="A key" end=+1d
= prefix=small_ length=30 scopes=read end=+1d state=active

request needs=read
> GET / HTTP/1.1
> Authorization: Bearer $first
< 200
= owner=someone end=2026-01-06T09:00:00Z

request needs=read times=3
> GET / HTTP/1.1
> Authorization: Bearer $first:cut@1
? malformed length
<< unauthorized

clock +1d
request needs=read
> GET / HTTP/1.1
> Authorization: Bearer $first
? expired
< 401
< WWW-Authenticate: Bearer realm="small", error="invalid_token"
<
< {"error":"unauthorized"}

revoke first
resume first
! conflict 'revoked'

list owner=someone
= first name="A key" state=revoked
"#;

fn outcome(script: &str) -> Result<Tally, Vec<Failure>> {
    let script = Script::parse("small.txt", script).map_err(|failure| vec![failure])?;
    let files = |path: &str| (path == "small.toml").then(|| PROFILE.to_owned());
    run(&script, &files, &mut |_, _, _| {})
}

/// The one failure that comes of `from` being `to`.
fn failure(from: &str, to: &str) -> String {
    assert!(SCRIPT.contains(from), "{from:?} is not in the script");
    match outcome(&SCRIPT.replacen(from, to, 1)) {
        Ok(_) => panic!("{to:?} for {from:?} was not noticed"),
        Err(failures) => match failures.as_slice() {
            [one] => one.to_string(),
            more => panic!("{more:#?}"),
        },
    }
}

#[test]
fn a_script_that_holds_is_passed_and_counted() {
    assert_eq!(outcome(SCRIPT), Ok(Tally { steps: 13, requests: 3 }));
}

#[test]
fn an_altered_status_is_noticed() {
    assert_eq!(failure("< 200", "< 204"), "small.txt:22: wanted < 204, got < 200");
}

#[test]
fn an_altered_header_is_noticed() {
    let altered = failure("error=\"invalid_token\"", "error=\"invalid_request\"");
    assert!(altered.starts_with("small.txt:37: wanted < WWW-Authenticate: "), "{altered}");
    let missing =
        failure("< WWW-Authenticate: Bearer realm=\"small\", error=\"invalid_token\"", "< X-A: b");
    assert_eq!(missing, "small.txt:37: wanted < X-A: b, got < !X-A");
    let present = failure("< !X-Nothing", "< !Content-Type");
    assert!(present.starts_with("small.txt:29: wanted < !Content-Type, got "), "{present}");
}

#[test]
fn an_altered_body_is_noticed() {
    let altered = failure("<\n< {\"error\":\"unauthorized\"}\n\nrevoke", "<\n< {}\n\nrevoke");
    assert!(altered.starts_with("small.txt:39: wanted the body"), "{altered}");
    let left_out = failure("<\n< {\"error\":\"unauthorized\"}\n\nrevoke", "\nrevoke");
    assert!(left_out.contains("wanted the body"), "{left_out}");
}

#[test]
fn an_altered_reason_is_noticed() {
    assert_eq!(failure("? expired", "? revoked"), "small.txt:35: wanted ? revoked, got ? expired");
    assert_eq!(failure("? expired\n", ""), "small.txt:32: wanted a grant, got ? expired");
    let detail = failure("? malformed length", "? malformed prefix");
    assert_eq!(detail, "small.txt:28: wanted ? malformed prefix, got ? malformed length");
    let granted = failure("< 200\n= owner=someone end=2026-01-06T09:00:00Z", "? unknown\n< 200");
    assert_eq!(granted, "small.txt:22: wanted ? unknown, and it was granted");
}

#[test]
fn an_altered_result_is_noticed() {
    assert_eq!(failure("length=30", "length=31"), "small.txt:17: wanted length=31, got length=30");
    let end = failure("end=2026-01-06T09:00:00Z", "end=never");
    assert_eq!(end, "small.txt:23: wanted end=never, got end=2026-01-06T09:00:00Z");
    let field = failure("length=30", "size=30");
    assert_eq!(field, "small.txt:17: the result has no field \"size\"");
    let row = failure("= first name=\"A key\" state=revoked\n", "");
    assert_eq!(row, "small.txt:45: wanted 0 keys, got 1");
}

#[test]
fn an_error_that_is_not_wanted_and_one_that_does_not_come_are_noticed() {
    let other = failure("! conflict 'revoked'", "! not_found 'revoked'");
    assert!(other.starts_with("small.txt:43: wanted not_found"), "{other}");
    let text = failure("! conflict 'revoked'", "! conflict 'suspended'");
    assert!(text.starts_with("small.txt:43: wanted conflict"), "{text}");
    let unasked = failure("! conflict 'revoked'\n", "");
    assert!(unasked.starts_with("small.txt:42: conflict: "), "{unasked}");
    let done = failure("revoke first\n", "revoke first\n! conflict 'x'\n");
    assert_eq!(done, "small.txt:42: wanted the error conflict, and it was done");
}

#[test]
fn a_request_without_an_answer_is_no_script() {
    let missing = failure("< 200\n= owner", "= owner");
    assert_eq!(missing, "small.txt:19: request: without an answer");
    let headless = failure("> GET / HTTP/1.1\n> Authorization: Bearer $first\n< 200", "< 200");
    assert_eq!(headless, "small.txt:19: request: without a head");
}

#[test]
fn what_the_format_does_not_have_is_refused_with_its_line() {
    for (from, to, want) in [
        ("revoke first", "revoke first ", "small.txt:41: want ASCII without tabs"),
        ("revoke first", "revoke first\n~ x", "small.txt:42: no line begins with \"~\""),
        ("revoke first", "revoke first\n< 200", "small.txt:41: revoke: only a request"),
        ("revoke first", "revoke second", "small.txt:41: revoke: no key was issued as \"second\""),
        ("revoke first", "revoke first now=1", "small.txt:41: revoke: now= has no meaning"),
        ("revoke first", "destroy first", "small.txt:41: destroy: no verb is called"),
        ("<< unauthorized", "<< forbidden", "small.txt:29: no answer was written out as"),
        ("clock +1d", "clock +1w", "small.txt:31: clock: span \"1w\""),
        ("? expired", "? expired\n? expired", "small.txt:36: the step has one of these already"),
        ("cut@1", "turn@1", "small.txt:25: request: no turn@1"),
        ("cut@1", "cut@31", "small.txt:25: request: no cut@31"),
        ("name=\"A key\"", "name=\"A key", "small.txt:16: name: the \" is not closed"),
    ] {
        let script = SCRIPT.replacen(from, to, 1);
        let failures = outcome(&script).unwrap_err();
        let first = failures.first().map(Failure::to_string).unwrap_or_default();
        assert!(first.starts_with(want), "{to:?}: {first}");
    }
}

#[test]
fn all_failures_of_a_script_are_reported_in_order() {
    let script = SCRIPT.replace("length=30", "length=31").replace("? expired", "? revoked");
    let lines: Vec<usize> = outcome(&script).unwrap_err().iter().map(|f| f.line).collect();
    assert_eq!(lines, [17, 35]);
}

#[test]
fn a_derived_token_is_changed_as_the_format_says() {
    let script = SCRIPT.replace("$first:cut@1\n? malformed length", "CHANGED");
    for (change, reason) in [
        ("$first:add@A", "malformed length"),
        ("$first:dash@7", "malformed character"),
        ("$first:flip@-1", "unknown"),
        ("$first:flip@1", "malformed prefix"),
        ("$first:prefix@large_", "malformed prefix"),
        ("$first:cut@1:add@-", "malformed character"),
        ("\\x73$first", "malformed prefix"),
        ("$first\\sx", "spaces"),
        ("$first\\xFF", "not_ascii"),
    ] {
        let script = script.replace("CHANGED", &format!("{change}\n? {reason}"));
        assert!(outcome(&script).is_ok(), "{change}: {:?}", outcome(&script));
    }
}

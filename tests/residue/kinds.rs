//! What is called with tokens, one kind of call after another.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use hmac::{Hmac, KeyInit, Mac};
use keycask::{
    Alerts, HttpRequest, Import, ImportLines, ImportRules, Issued, Request, Rotation, Scheme, Token,
};
use sha2::{Digest, Sha256};

use crate::scene::{Scene, by, log, text};

/// A store, and another that has nothing to do with it but the same profile.
pub struct Stage {
    pub here: Scene,
    pub elsewhere: Scene,
}

/// A kind of call: its name, and how it is made with tokens of its own. All that it is told it
/// logs.
pub type Kind = (&'static str, fn(&Stage));

pub const KINDS: &[Kind] = &[
    ("issue", |stage| log(stage.here.issue("live"))),
    ("issue, sealed", |stage| log(stage.here.issue("shown"))),
    ("issue_many", issue_many),
    ("verify, granted", |stage| verify(stage, &granted(stage))),
    ("verify, cut short", |stage| {
        let issued = granted(stage);
        let token = bytes(&issued.token);
        refused(stage, &token[..token.len() - 1]);
    }),
    ("verify, too long", |stage| refused(stage, &text(&[bytes(&granted(stage).token), b"x"]))),
    ("verify, far too long", |stage| {
        refused(stage, &text(&[bytes(&granted(stage).token), &[b'x'; 4000]]));
    }),
    ("verify, mistyped", |stage| {
        let issued = granted(stage);
        let token = bytes(&issued.token);
        let (last, rest) = token.split_last().unwrap();
        refused(stage, &text(&[rest, &[if *last == b'0' { b'1' } else { b'0' }]]));
    }),
    ("verify, unknown", |stage| refused(stage, bytes(&stage.elsewhere.issue("live").token))),
    ("verify, revoked", |stage| {
        let issued = granted(stage);
        log(stage.here.store.revoke(issued.key.key_id, &by()));
        refused(stage, bytes(&issued.token));
    }),
    ("verify, suspended", |stage| {
        let issued = granted(stage);
        log(stage.here.store.suspend(issued.key.key_id, &by()));
        refused(stage, bytes(&issued.token));
    }),
    ("verify, not its scope", |stage| {
        let store = &stage.here.store;
        let write = store.profile(stage.here.realm).unwrap().scope_set(["write"]).unwrap();
        let issued = granted(stage);
        let request = Request::new().needs(write);
        let verdict = store.verify(stage.here.realm, bytes(&issued.token), &request);
        log(verdict.as_ref().unwrap_err().to_string());
        log(verdict);
    }),
    ("verify_many", verify_many),
    ("verify_many of one block", |stage| {
        let issued = granted(stage);
        let (store, realm) = (&stage.here.store, stage.here.realm);
        let mut answers = Vec::with_capacity(9);
        let tokens = [bytes(&issued.token); 9];
        store.verify_many(realm, &tokens, &Request::new(), &mut answers).unwrap();
        log(answers);
    }),
    ("explain", |stage| {
        let issued = granted(stage);
        let (store, realm) = (&stage.here.store, stage.here.realm);
        log(store.explain(realm, bytes(&issued.token), None, &Request::new()).unwrap());
    }),
    ("present", |stage| {
        let issued = granted(stage);
        let header = text(&[b"Bearer ", bytes(&issued.token)]);
        present(stage, &[("Authorization", &header)]);
    }),
    ("present, refused", |stage| {
        let issued = granted(stage);
        let header = text(&[b"Bearer ", bytes(&issued.token), b" "]);
        let twice = text(&[b"Bearer ", bytes(&issued.token), b",", bytes(&issued.token)]);
        let bare = text(&[bytes(&issued.token)]);
        for value in [&header, &twice, &bare] {
            present(stage, &[("Authorization", value)]);
        }
        present(stage, &[("Authorization", &header), ("Authorization", &header)]);
        present(stage, &[("X-Api-Key", &bare)]);
    }),
    ("leaked", |stage| {
        let issued = granted(stage);
        let page = text(&[b"key = \"", bytes(&issued.token), b"\"\n"]);
        let told = |leak: &keycask::Leak| {
            log(leak);
            Ok(())
        };
        log(stage.here.store.leaked(&**page, told).unwrap());
    }),
    ("leaked, cannot be read", |stage| {
        let issued = granted(stage);
        let page = text(&[bytes(&issued.token)]);
        log(stage.here.store.leaked((&**page).chain(Broken), |_| Ok(())).unwrap_err());
    }),
    ("leaked_alerts", |stage| {
        let issued = granted(stage);
        let token = bytes(&issued.token);
        for begin in [r#"[{"token": ""#, r#"[{"token": "\u0061"#] {
            let token = if begin.ends_with('"') { token } else { &token[1..] };
            let message = text(&[begin.as_bytes(), token, br#"", "type": "t"}]"#]);
            let alerts = Alerts::read(&**message).unwrap();
            let told = |alert: &keycask::Alert, leak: &keycask::Leak| {
                log((alert, leak));
                Ok(())
            };
            log(stage.here.store.leaked_alerts(&alerts, told).unwrap());
        }
        let message = text(&[br#"[{"token": ""#, token, br#"", "type": 7}]"#]);
        log(Alerts::read(&**message).err());
    }),
    ("leaked_alerts, one without a secret", |stage| many_alerts(stage, br#"{"type": "x"},"#)),
    ("leaked_alerts, one that is no JSON", |stage| many_alerts(stage, br#"{"token": },"#)),
    ("reveal", |stage| {
        let issued = stage.here.issue("shown");
        let token = stage.here.store.reveal(issued.key.key_id, &by()).unwrap();
        verify(stage, &issued);
        log(token);
    }),
    ("rotate", |stage| {
        let issued = granted(stage);
        let successor =
            stage.here.store.rotate(issued.key.key_id, &Rotation::new(), &by()).unwrap();
        stage.here.learn(&successor.token);
        refused(stage, bytes(&issued.token));
        verify(stage, &successor);
        log(successor);
    }),
    ("regenerate", |stage| {
        let issued = stage.here.issue("shown");
        let store = &stage.here.store;
        let anew = store.rotate(issued.key.key_id, &Rotation::regenerate(), &by()).unwrap();
        stage.here.learn(&anew.token);
        verify(stage, &anew);
        log(anew);
    }),
    ("revoke_presented", |stage| {
        let issued = granted(stage);
        log(stage.here.store.revoke_presented(stage.here.realm, bytes(&issued.token), "leaked"));
    }),
    ("revoke_presented, unknown", |stage| {
        let issued = stage.elsewhere.issue("live");
        log(stage.here.store.revoke_presented(stage.here.realm, bytes(&issued.token), "leaked"));
    }),
    ("import", |stage| {
        let issued = stage.elsewhere.issue("live");
        let import = || Import::token(stage.here.spec("live"), issued.token.expose()).unwrap();
        log(stage.here.store.import(&[import()], &ImportRules::new(), &by()));
        log(stage.here.store.import(&[import()], &ImportRules::new(), &by()));
        verify(stage, &issued);
    }),
    ("import, refused", |stage| {
        let issued = stage.elsewhere.issue("live");
        let bent = text(&[bytes(&issued.token), b"\n"]);
        let bent = std::str::from_utf8(&bent).unwrap();
        log(Import::token(stage.here.spec("live"), bent).err());
        let import = Import::token(stage.here.spec("absent"), issued.token.expose()).unwrap();
        log(stage.here.store.import(&[import], &ImportRules::new(), &by()));
    }),
    ("import of a digest", |stage| {
        for scheme in ["sha256:after=old", "hmac-sha256:key=old"] {
            let issued = stage.elsewhere.issue("live");
            let digest = match scheme.starts_with("hmac") {
                true => {
                    let mut hmac = Hmac::<Sha256>::new_from_slice(b"salt").unwrap();
                    hmac.update(bytes(&issued.token));
                    hmac.finalize().into_bytes()
                }
                false => {
                    let hasher = Sha256::new().chain_update(issued.token.expose());
                    hasher.chain_update(b"salt").finalize()
                }
            };
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let spec = stage.here.spec("live");
            let import = Import::digest(spec, scheme.parse().unwrap(), &hex).unwrap();
            log(stage.here.store.import(&[import], &ImportRules::new(), &by()).unwrap());
            verify(stage, &issued);
            log(stage.here.store.rehash().unwrap());
            verify(stage, &issued);
        }
    }),
    ("import of a token as a digest", |stage| {
        let issued = stage.elsewhere.issue("live");
        let scheme: Scheme = "sha256".parse().unwrap();
        log(Import::digest(stage.here.spec("live"), scheme, issued.token.expose()).err());
    }),
    ("import of a line", |stage| line(stage, |token| text(&[token, b"\"}\n"]), 1)),
    ("import of a line with an escape", |stage| {
        line(stage, |token| text(&[br"\u0061", &token[1..], b"\"}\n"]), 1);
    }),
    ("import of a line, refused", |stage| {
        line(stage, |token| text(&[token, b"\", \"tokan\": \"a\"}\n"]), 0);
        line(stage, |token| text(&[token, b"\n"]), 0);
    }),
    ("panic of the clock", |stage| {
        let here = &stage.here;
        let issued = granted(stage);
        here.stop_the_clock(true);
        panics(|| verify(stage, &issued));
        panics(|| verify_many(stage));
        panics(|| log(here.store.explain(here.realm, bytes(&issued.token), None, &Request::new())));
        panics(|| drop(here.issue("live")));
        panics(|| drop(here.store.rotate(issued.key.key_id, &Rotation::new(), &by())));
        here.stop_the_clock(false);
    }),
    ("panic of who is told of a leak", |stage| {
        let issued = granted(stage);
        let page = text(&[bytes(&issued.token)]);
        let told = |leak: &keycask::Leak| panic!("told of {leak:?}");
        panics(|| drop(stage.here.store.leaked(&**page, told)));
    }),
    ("panic of who is told of a line", |stage| {
        let issued = stage.elsewhere.issue("live");
        let line = text(&[br#"{"owner": "o", "tokan": "a", "token": ""#, bytes(&issued.token)]);
        let told = |_, error: &keycask::Error| panic!("told of {error} and {error:?}");
        let lines = ImportLines::new(stage.here.realm).kind("live");
        let rules = ImportRules::new().skip_refused(true);
        panics(|| drop(stage.here.store.import_lines(&lines, &**line, &rules, &by(), told)));
    }),
    ("panic of who reads a token", |stage| {
        let issued = granted(stage);
        let page = text(&[bytes(&issued.token)]);
        let torn = || (&**page).chain(Torn);
        panics(|| drop(stage.here.store.leaked(torn(), |_| Ok(()))));
        panics(|| drop(Alerts::read(torn())));
        panics(|| {
            // What a program finds of a result that it did not expect.
            let verdict = stage.here.store.verify(stage.here.realm, &page[1..], &Request::new());
            verdict.unwrap();
        });
    }),
];

/// A key whose token was granted, so that the table knows it.
fn granted(stage: &Stage) -> Issued {
    stage.here.issue("live")
}

fn bytes(token: &Token) -> &[u8] {
    token.expose().as_bytes()
}

fn verify(stage: &Stage, issued: &Issued) {
    let (store, realm) = (&stage.here.store, stage.here.realm);
    let grant = store.verify(realm, bytes(&issued.token), &Request::new()).unwrap();
    log((&grant, store.describe(&grant)));
}

fn refused(stage: &Stage, token: &[u8]) {
    let verdict = stage.here.store.verify(stage.here.realm, token, &Request::new());
    log(verdict.as_ref().unwrap_err().to_string());
    log(verdict);
}

fn issue_many(stage: &Stage) {
    let here = &stage.here;
    let specs = [here.spec("live"), here.spec("shown"), here.spec("live")];
    let issued = here.store.issue_many(&specs, &by()).unwrap();
    issued.iter().for_each(|one| here.learn(&one.token));
    log(issued);
}

/// Tokens of one block and of none, live and unknown.
fn verify_many(stage: &Stage) {
    let (store, realm) = (&stage.here.store, stage.here.realm);
    let own: Vec<Issued> = (0..3).map(|_| granted(stage)).collect();
    let other = stage.elsewhere.issue("live");
    let long = text(&[bytes(&other.token), &[b'x'; 60]]);
    let mut tokens: Vec<&[u8]> = own.iter().map(|issued| bytes(&issued.token)).collect();
    tokens.extend([bytes(&other.token), &long]);
    let mut answers = Vec::new();
    store.verify_many(realm, &tokens, &Request::new(), &mut answers).unwrap();
    store.verify_many(realm, &tokens[..4], &Request::new(), &mut answers).unwrap();
    log(answers);
}

fn present(stage: &Stage, headers: &[(&str, &[u8])]) {
    let http = HttpRequest { method: "GET", headers, request_id: "r" };
    log(stage.here.store.present(stage.here.realm, &http, &Request::new()).unwrap());
}

/// Has alerts read, some with an escape in their token, which are refused for one amid them.
fn many_alerts(stage: &Stage, bad: &[u8]) {
    let issued: Vec<Issued> = (0..20).map(|_| granted(stage)).collect();
    let mut pieces: Vec<&[u8]> = vec![b"["];
    for (number, issued) in issued.iter().enumerate() {
        let begin: &[u8] = if number % 2 == 0 { b"a" } else { br"\u0061" };
        if number == 10 {
            pieces.push(bad);
        }
        let token = bytes(&issued.token);
        pieces.extend([br#"{"token": ""#, begin, &token[1..], br#"", "type": "t"},"#]);
    }
    pieces.push(br#"{"token": "", "type": "t"}]"#);
    log(Alerts::read(&**text(&pieces)).unwrap_err());
}

/// Has a line imported that ends with what is made of a token.
fn line(stage: &Stage, end: fn(&[u8]) -> zeroize::Zeroizing<Vec<u8>>, imported: u64) {
    let issued = stage.elsewhere.issue("live");
    let begin = br#"{"owner": "o", "metadata": ""#;
    let end = end(bytes(&issued.token));
    let line = text(&[begin, &[b'm'; 3000], br#"", "token": ""#, &end]);
    let lines = ImportLines::new(stage.here.realm).kind("live");
    let rules = ImportRules::new().skip_refused(true);
    let told = |number, error: &keycask::Error| log((number, error.to_string(), error));
    let report = stage.here.store.import_lines(&lines, &**line, &rules, &by(), told).unwrap();
    assert_eq!(report.imported, imported, "{report:?}");
    log(report);
}

/// Makes a call that must panic. What the panic says goes where those of a program go.
fn panics(call: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "this does not panic");
}

/// What cannot be read.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("it is broken"))
    }
}

/// What panics when it is read.
struct Torn;

impl Read for Torn {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("it is torn")
    }
}

//! The service, started for real, answers the page's curl as the page says.

use std::fs;
use std::process::Command;
use std::thread;

use keycask::{Actor, OwnerChange, SealingKey, Spec, Store};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// Makes a store with a token of ana's, who is a user, and one of the organisation acme's.
fn new_store(path: &str) -> [String; 2] {
    // Users may look at their keys again: a sealed copy is kept.
    let options = Store::options().sealing_key(SealingKey::new(&[0x53; 32]));
    let (store, by) = (options.create(path).unwrap(), Actor::new("test"));
    let profile = fs::read_to_string("profiles/stackguardian.toml").unwrap();
    store.apply_realm("stackguardian.toml", &profile, &by).unwrap();
    let realm = store.realm("stackguardian").unwrap();
    let issue = |kind, owner, scopes: &[&str]| {
        let change = OwnerChange::new().direct(scopes.iter().copied());
        store.set_owner(realm, owner, &change, &by).unwrap();
        let issued = store.issue(&Spec::new(realm, kind, owner), &by).unwrap();
        issued.token.expose().to_owned()
    };
    let tokens = [
        issue("user", "ana", &["orgs:read"]),
        issue("organisation", "acme", &["orgs:read", "workflows:run"]),
    ];
    store.close().unwrap();
    tokens
}

/// Head and body of what curl gets.
fn curl(words: &[&str]) -> (String, String) {
    let run = Command::new("curl").args(["-s", "-i"]).args(words).output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

fn wants(got: &(String, String), status: u16, body: &str) {
    let line = format!("http/1.1 {status} ");
    assert!(got.0.starts_with(&line) && got.1 == body, "{got:?}");
    assert!(got.0.contains("\ncontent-type: application/json"), "{got:?}");
}

#[test]
fn the_pages_curl_is_answered_as_the_page_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.keycask").to_str().unwrap().to_owned();
    let [ana, acme] = new_store(&path);
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = path.clone();
    let service = thread::spawn(move || {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            super::service(&served, listener, async { _ = stopped.await }).await.unwrap();
        });
    });
    let host = told.recv().unwrap();
    let org = format!("http://{host}/api/v1/orgs/acme/");
    let runs = format!("{org}runs/");
    let key = |token: &str| format!("Authorization: apikey {token}");

    // The page's command, but for the host, the organisation and the token.
    let got = curl(&["-H", &key(&ana), &org]);
    wants(&got, 200, r#"{"org":"acme","kind":"user","owner":"ana"}"#);
    let got = curl(&["-H", &key(&acme), &org]);
    wants(&got, 200, r#"{"org":"acme","kind":"organisation","owner":"acme"}"#);

    // "401 - Unauthorized: Invalid or expired API Key."
    let unauthorized = r#"{"error":"unauthorized","message":"Invalid or expired API Key."}"#;
    for words in [
        &["-H", "Authorization: apikey <API_KEY>", &org][..],
        &["-H", &format!("Authorization: Bearer {ana}"), &org],
        &[&org],
    ] {
        let got = curl(words);
        wants(&got, 401, unauthorized);
        assert!(got.0.contains("\nwww-authenticate: apikey realm="), "{got:?}");
    }

    // "403 - Forbidden: Access to the requested resource is not permitted."
    wants(
        &curl(&["-X", "POST", "-H", &key(&ana), &runs]),
        403,
        r#"{"error":"forbidden","message":"Access to the requested resource is not permitted."}"#,
    );
    let got = curl(&["-X", "POST", "-H", &key(&acme), &runs]);
    wants(&got, 200, r#"{"org":"acme","status":"queued"}"#);

    // "400 - Bad Request": two keys in one request.
    let (first, second) = (key(&ana), key(&acme));
    let (head, _) = curl(&["-H", &first, "-H", &second, &org]);
    assert!(head.starts_with("http/1.1 400 "), "{head}");

    stop.send(()).unwrap();
    service.join().unwrap();
    Store::open(&path).unwrap().close().unwrap();
}

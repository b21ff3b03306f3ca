//! Requests: where a token stands in them, and what they are answered.

use std::time::Duration;

use keycask::{HttpRequest, OwnerChange, Reason, Refusal, Request, Unpresented};

use crate::kit::{Scene, by, text};

const PROFILE: &str = r#"
realm = "r"
[present]
headers = [{ name = "Authorization", scheme = "Bearer" }, { name = "X-Key" }]
[[kind]]
name = "plain"
prefix = "k_"
body = 22
checksum = "none"
[[scope]]
name = "read"
[[plan]]
name = "few"
rates = ["4 per 1h"]
"#;

/// A limiter went by the header as it stood, so that another spelling of the scheme had a quota of
/// its own; and a modified key had its own, too. Unknown tokens are charged to nobody: they cost
/// one hash, and whoever sends them is for the host to limit.
#[test]
fn p20_however_a_token_is_spelled_in_a_request_it_is_charged_to_one_rate() {
    let scene = Scene::new(PROFILE);
    let plan = OwnerChange::new().plan("few");
    scene.store().set_owner(scene.realm, "ann", &plan, &by()).unwrap();
    let issued = scene.issue(&scene.spec("plain"));
    let token = text(&issued);
    let mut updated = false;
    for (number, (name, scheme)) in [
        ("Authorization", "Bearer "),
        ("AUTHORIZATION", "bearer "),
        ("x-key", ""),
        ("authorization", "BEARER "),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = scene.present(&[(name, &format!("{scheme}{token}"))]);
        let rate = outcome.verdict.unwrap().rate.unwrap();
        assert_eq!(rate.remaining, 3 - u32::try_from(number).unwrap());
        if !updated {
            let update = keycask::Update::new().name("another");
            scene.store().update(issued.key.key_id, &update, &by()).unwrap();
            updated = true;
        }
    }
    assert_eq!(scene.present(&[("X-KEY", token)]).answer.status, 429);
}

/// Holders of a wrong secret were told the state of a key.
#[test]
fn p32_who_has_another_secret_is_told_of_a_revoked_key_what_anybody_is_told() {
    let scene = Scene::new(PROFILE);
    let issued = [(); 3].map(|()| scene.issue(&scene.spec("plain")));
    scene.store().revoke(issued[0].key.key_id, &by()).unwrap();
    scene.store().suspend(issued[1].key.key_id, &by()).unwrap();
    let answer = |token: &str| {
        let outcome = scene.present(&[("X-Key", token)]);
        let Err(Refusal::Denied(denial)) = outcome.verdict else { panic!("{token} is granted") };
        (denial, outcome.answer)
    };
    let (nobodys, told) = answer("k_0123456789012345678901");
    assert_eq!(nobodys.reason, Reason::Unknown);
    for issued in &issued {
        // All but the hint is another's.
        let other = format!("k_{}{}", &"x".repeat(18), issued.key.last_four);
        assert_eq!(answer(&other), (nobodys, told.clone()));
    }
    // And who has the secret is answered in the same way, if outsiders are not to tell.
    for revoked in &issued[..2] {
        assert_eq!(answer(text(revoked)).1, told);
    }
}

/// The secret was compared without regard to case, and names of headers and schemes with it.
#[test]
fn p35_headers_and_schemes_have_no_case_and_tokens_have() {
    let scene = Scene::new(PROFILE);
    let issued = scene.issue(&scene.spec("plain"));
    let token = text(&issued);
    for (name, value, is_granted) in [
        ("authorization", format!("bEaReR {token}"), true),
        ("X-KEY", token.to_owned(), true),
        ("x-key", format!(" \t{token}\t "), true),
        ("X-Key", swapped(token), false),
        ("X-Key", token.to_uppercase(), false),
        ("X-Key", token.to_lowercase(), false),
        ("Authorization", format!("Bearer  {token}"), false),
        ("Authorization", format!("Bearer\t{token}"), false),
        ("Authorization", format!("Bearer {token}, Bearer {token}"), false),
        ("Authorization", format!("Bearer {token} x"), false),
        ("Authorization", format!("Bearer{token}"), false),
        ("Authorization", token.to_owned(), false),
        ("X_Key", token.to_owned(), false),
    ] {
        let outcome = scene.present(&[(name, &value)]);
        assert_eq!(outcome.verdict.is_ok(), is_granted, "{name}: {value}");
        let is_list = value.contains(',');
        let refused = if is_list { 400 } else { 401 };
        let want = if is_granted { 200 } else { refused };
        assert_eq!(outcome.answer.status, want, "{name}: {value}");
    }
}

/// `token` with one letter of its body in the other case.
fn swapped(token: &str) -> String {
    let at = token.rfind(|c: char| c.is_ascii_alphabetic()).unwrap();
    let letter = token[at..=at].chars().next().unwrap();
    let other = if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

/// An invalid key fell through to the plan of those who have none.
#[test]
fn p36_no_token_and_a_bad_one_are_two_results() {
    let scene = Scene::new(PROFILE);
    let none = scene.present(&[("Accept", "*/*")]);
    assert!(matches!(none.verdict, Err(Refusal::Unpresented(Unpresented::Missing))));
    for (headers, want) in [
        (&[("X-Key", "")][..], Some(Unpresented::Empty)),
        (&[("Authorization", "Bearer")], Some(Unpresented::Empty)),
        (&[("Authorization", "Basic eDp5")], Some(Unpresented::WrongScheme)),
        (&[("X-Key", "nonsense")], None),
        (&[("X-Key", "k_0123456789012345678901")], None),
    ] {
        match (scene.present(headers).verdict, want) {
            (Err(Refusal::Unpresented(why)), Some(want)) => assert_eq!(why, want),
            (Err(Refusal::Denied(_)), None) => {}
            (verdict, want) => panic!("{headers:?}: {verdict:?}, not {want:?}"),
        }
    }
}

/// Of two credentials in one request, the first or the last one won by accident.
#[test]
fn p37_two_credentials_in_one_request_are_a_conflict_whatever_they_are() {
    let scene = Scene::new(PROFILE);
    let [one, other] = [(); 2].map(|()| scene.issue(&scene.spec("plain")));
    let (one, other) = (text(&one), text(&other));
    let bearer = |token: &str| format!("Bearer {token}");
    for headers in [
        [("X-Key", one.to_owned()), ("X-Key", other.to_owned())],
        [("X-Key", one.to_owned()), ("x-key", one.to_owned())],
        [("X-Key", one.to_owned()), ("Authorization", bearer(one))],
        [("Authorization", bearer(one)), ("X-Key", "nonsense".to_owned())],
        [("Authorization", bearer(one)), ("Authorization", bearer(other))],
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, text)| (*name, text.as_str())).collect();
        for headers in [headers.clone(), headers.into_iter().rev().collect()] {
            let outcome = scene.present(&headers);
            let why = outcome.verdict.unwrap_err();
            assert_eq!(why, Refusal::Unpresented(Unpresented::Repeated), "{headers:?}");
            assert_eq!(outcome.answer.status, 400);
        }
    }
}

/// A missing scope was answered 401, a limit too, or a key was "not found".
#[test]
fn p41_each_denial_has_one_status_and_one_name() {
    let scene = Scene::new(PROFILE);
    let store = scene.store();
    for owner in ["paused", "limited"] {
        store.set_owner(scene.realm, owner, &OwnerChange::new(), &by()).unwrap();
    }
    let spec = |owner: &str| keycask::Spec::new(scene.realm, "plain", owner).scopes(["read"]);
    let key = |spec| scene.issue(&spec);
    let hour = Duration::from_secs(3600);
    let now = key(spec("ann")).key.issued;
    let [revoked, suspended, scopeless] = [spec("ann"), spec("ann"), scene.spec("plain")].map(key);
    let [paused, early, expired, limited] = [
        spec("paused"),
        spec("ann").start(now.plus(2 * hour)),
        spec("ann").life(hour),
        spec("limited"),
    ]
    .map(key);
    store.revoke(revoked.key.key_id, &by()).unwrap();
    store.suspend(suspended.key.key_id, &by()).unwrap();
    store.set_owner(scene.realm, "paused", &OwnerChange::new().suspended(true), &by()).unwrap();
    store.set_owner(scene.realm, "limited", &OwnerChange::new().plan("few"), &by()).unwrap();
    scene.clock.forward(hour);
    let needs = store.profile(scene.realm).unwrap().scope_set(["read"]).unwrap();
    let present = |token: &str| {
        let headers = [("X-Key", token.as_bytes())];
        let http = HttpRequest { method: "GET", headers: &headers, request_id: "" };
        store.present(scene.realm, &http, &Request::new().needs(needs)).unwrap()
    };
    for _ in 0..4 {
        assert_eq!(present(text(&limited)).answer.status, 200);
    }
    for (token, name, status) in [
        ("nonsense", "malformed", 401),
        ("k_0123456789012345678901", "unknown", 401),
        (text(&revoked), "revoked", 401),
        (text(&suspended), "suspended", 401),
        (text(&paused), "owner_suspended", 401),
        (text(&early), "not_yet_valid", 401),
        (text(&expired), "expired", 401),
        (text(&scopeless), "scope", 403),
        (text(&limited), "rate_limited", 429),
    ] {
        let outcome = present(token);
        let Err(Refusal::Denied(denial)) = outcome.verdict else { panic!("{name} is granted") };
        assert_eq!((denial.reason.name(), outcome.answer.status), (name, status));
        // The answer's head says the same as its status.
        let is_told = |header: &str| {
            outcome.answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header))
        };
        assert_eq!(is_told("WWW-Authenticate"), status != 429, "{name}");
        assert_eq!(is_told("Retry-After"), status == 429, "{name}");
    }
}

/// A profile that challenges with its 429 told clients of RFC 6750 that their token was invalid, so
/// that they threw a good one away.
#[test]
fn a_key_that_is_over_its_limit_is_not_told_to_be_invalid() {
    let challenges = "[answers.limited]\nheaders = { WWW-Authenticate = \"{challenge}\" }\n";
    let scene = Scene::new(&format!("{PROFILE}{challenges}"));
    let store = scene.store();
    store.set_owner(scene.realm, "few", &OwnerChange::new().plan("few"), &by()).unwrap();
    let spec = |owner: &str| keycask::Spec::new(scene.realm, "plain", owner);
    let rated = scene.issue(&spec("few"));
    let metered = scene.issue(&scene.spec("plain").quota("4".parse::<keycask::Quota>().unwrap()));
    for (token, name) in [(text(&rated), "rate_limited"), (text(&metered), "quota_exhausted")] {
        for _ in 0..4 {
            assert_eq!(scene.present(&[("X-Key", token)]).answer.status, 200);
        }
        let outcome = scene.present(&[("X-Key", token)]);
        let Err(Refusal::Denied(denial)) = outcome.verdict else { panic!("{name} is granted") };
        assert_eq!((denial.reason.name(), outcome.answer.status), (name, 429));
        let mut told = outcome.answer.headers.iter();
        let challenge = told.find(|(name, _)| name == "WWW-Authenticate").unwrap();
        assert_eq!(challenge.1, "Bearer realm=\"r\"", "{name}");
    }
}

//! Tokens as texts: made, taken apart, spoiled, and sent by the million.

use keycask::{Actor, ISSUE_MAX, KeyId, Reason, Request, Spec};

use crate::kit::{Scene, by, text};
use crate::storing::digest;

/// Prefixes with separators at the end, within, in a row, and with characters of bodies alone.
const PREFIXES: [&str; 12] = [
    "a",
    "Z9",
    "a_",
    "a-",
    "sk_live_",
    "sk-live-",
    "a__b--c_",
    "x_y",
    "x-y",
    "A_-_-",
    "k0_",
    "abcdefghijklmnopqrstuvwxyz_-0123",
];

/// A realm with a kind for each prefix, named by its number, with checksums and without.
fn profile() -> String {
    let kinds = PREFIXES.iter().enumerate().map(|(number, prefix)| {
        let checksum = if number % 2 == 0 { "crc32" } else { "none" };
        let body = 22 + number;
        format!(
            "[[kind]]\nname = \"{number}\"\nprefix = \"{prefix}\"\nbody = {body}\n\
             checksum = \"{checksum}\"\n"
        )
    });
    format!("realm = \"r\"\n{}", kinds.collect::<String>())
}

/// Tokens were split at separators that stand in prefixes and bodies too: one in eight keys of two
/// products could not be used. `KEYCASK_TOKENS=1000000` tries a million.
#[test]
fn p1_every_token_that_is_issued_is_granted_whatever_separators_are_in_it() {
    let count = std::env::var("KEYCASK_TOKENS").map_or(2_400, |count| count.parse().unwrap());
    let scene = Scene::new(&profile());
    let mut left: usize = count;
    while left > 0 {
        let some = left.min(ISSUE_MAX);
        let spec = |number: usize| scene.spec(&(number % PREFIXES.len()).to_string());
        let specs: Vec<Spec> = (0..some).map(spec).collect();
        let issued = scene.store().issue_many(&specs, &by()).unwrap();
        for (number, issued) in issued.iter().enumerate() {
            let request = Request::new();
            let grant = scene.store().verify(scene.realm, text(issued).as_bytes(), &request);
            assert_eq!(grant.unwrap().key_id, issued.key.key_id);
            assert!(text(issued).starts_with(PREFIXES[number % PREFIXES.len()]));
            assert!(text(issued).ends_with(&issued.key.last_four));
        }
        left -= some;
    }
}

/// A cache was asked by the name of a key alone, so that any secret passed once the right one had.
#[test]
fn p5_after_a_grant_every_other_text_with_the_same_ends_is_refused() {
    let scene = Scene::new(&profile());
    for kind in ["2", "5"] {
        let issued = scene.issue(&scene.spec(kind));
        assert_eq!(scene.reason(text(&issued)), None);
        let prefix = issued.key.prefix.len();
        for at in 0..text(&issued).len() {
            let mut other = text(&issued).as_bytes().to_vec();
            other[at] = if other[at] == b'x' { b'y' } else { b'x' };
            let reason = scene.reason(&other).unwrap();
            let has_checksum = kind == "2";
            assert!(has_checksum || at < prefix || reason == Reason::Unknown, "{at}: {reason:?}");
            assert!(matches!(reason, Reason::Malformed(_) | Reason::Unknown), "{reason:?}");
        }
        assert_eq!(scene.reason(text(&issued)), None);
    }
}

/// A comparison threw when lengths differed, a padding character was none of the alphabet, and a
/// prefix was not looked at.
#[test]
fn p33_a_text_of_any_length_and_any_bytes_is_refused_at_every_way_in() {
    let scene = Scene::new(&profile());
    let issued = scene.issue(&scene.spec("4"));
    let (store, realm, request) = (scene.store(), scene.realm, Request::new());
    let longest = [text(&issued).as_bytes(), &[b'a'; 4096]].concat();
    let step = |len: &usize| *len < 256 || len.is_multiple_of(61) || *len == 4096;
    for len in (0..=4096).filter(step) {
        let other = |byte: u8| [text(&issued).as_bytes(), &[byte; 4096]].concat()[..len].to_vec();
        for text in [longest[..len].to_vec(), vec![0; len], vec![0xFF; len], other(b'='), other(0)]
        {
            let is_token = text == issued.token.expose().as_bytes();
            assert_eq!(store.verify(realm, &text, &request).is_ok(), is_token, "{len}");
            let mut answers = Vec::new();
            store.verify_many(realm, &[&text, &text], &request, &mut answers).unwrap();
            assert!(answers.iter().all(|answer| answer.is_ok() == is_token), "{len}");
            let explained = store.explain(realm, &text, None, &request).unwrap();
            assert_eq!(explained.refused_by().is_none(), is_token, "{len}");
            store.leaked(&text[..], |_| Ok(())).unwrap();
            let header = [b"Bearer ", &text[..]].concat();
            let http = keycask::HttpRequest {
                method: "GET",
                headers: &[("Authorization", &header)],
                request_id: "",
            };
            let outcome = store.present(realm, &http, &request).unwrap();
            assert_eq!(outcome.verdict.is_ok(), is_token, "{len}");
        }
    }
}

/// An id that was none ended in an answer of 500.
#[test]
fn p34_an_id_that_is_none_is_an_error_that_names_it_or_an_answer_of_401() {
    let scene = Scene::new(&profile());
    for id in ["", "key_", "key_0", "1", "-1", "key_0000000000000\0", "KEY_0000000000000", "\u{e9}"]
    {
        let error = id.parse::<KeyId>().unwrap_err();
        assert!(error.to_string().contains(&format!("{id:?}")), "{error}");
    }
    for unknown in [0, 1, u64::MAX].map(KeyId::from_bits) {
        let error = scene.store().revoke(unknown, &Actor::new("x")).unwrap_err();
        assert_eq!(error.kind(), keycask::ErrorKind::NotFound);
        assert!(error.message().starts_with(&unknown.to_string()), "{error}");
    }
    for header in
        ["Bearer", "Bearer ", "Bearer \0", "Bearer 1|2|3", "Bearer \u{e9}", "Bearer a.b.c"]
    {
        let outcome = scene.present(&[("Authorization", header)]);
        assert_eq!(outcome.answer.status, 401, "{header:?}");
        assert!(outcome.verdict.is_err());
    }
}

/// Garbage reached the slow part of a verification, and a cache of what is unknown grew with it.
/// That it takes no system call and no memory is tried in `tests/verify/`.
#[test]
fn p52_a_flood_of_garbage_reads_no_store_and_makes_nothing_grow() {
    let scene = Scene::new(&profile());
    let issued = scene.issue(&scene.spec("1"));
    let size = || std::fs::metadata(scene.path()).unwrap().len();
    let before = (scene.store().stats().unwrap(), size());
    let mut text = text(&issued).to_owned().into_bytes();
    for round in 0_u64..20_000 {
        // Digits of the round take the body's place, so each text is another and well formed.
        let digits = format!("{:022}", round.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let start = issued.key.prefix.len();
        text[start..start + 22].copy_from_slice(&digits.as_bytes()[..22]);
        assert_eq!(scene.reason(&text), Some(Reason::Unknown));
    }
    assert_eq!((scene.store().stats().unwrap(), size()), before);
}

/// Which kind a token was of was told by its length, so that a long one was taken for another's.
#[test]
fn p3_a_token_is_of_the_kind_whose_prefix_and_length_it_has_and_not_of_another_as_long() {
    let scene = Scene::new(
        "realm = \"r\"\n[[kind]]\nname = \"a\"\nprefix = \"a_\"\nbody = 40\nchecksum = \"none\"\n\
         [[kind]]\nname = \"b\"\nprefix = \"b_long_\"\nbody = 35\nchecksum = \"none\"\n",
    );
    let [a, b] = ["a", "b"].map(|kind| scene.issue(&scene.spec(kind)));
    assert_eq!(text(&a).len(), text(&b).len());
    let profile = scene.store().profile(scene.realm).unwrap();
    for (kind, issued) in [("a", &a), ("b", &b)] {
        let only = Request::new().kinds(profile.kind_set([kind]).unwrap());
        for (other, token) in [("a", text(&a)), ("b", text(&b))] {
            let answer = scene.store().verify(scene.realm, token.as_bytes(), &only);
            assert_eq!(answer.is_ok(), kind == other, "{kind} and {other}");
        }
        let swapped = text(issued).replacen(&issued.key.prefix, "c_", 1);
        assert!(matches!(scene.reason(&swapped), Some(Reason::Malformed(_))));
    }
}

/// Base64 of bytes, as far as they are whole threes.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks_exact(3).flat_map(|three| {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
    });
    digits.collect()
}

/// How a text can begin that has these bytes: raw, escaped, as numbers, in hex, in base64.
fn spellings(bytes: &[u8]) -> Vec<String> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let lists = [format!("{bytes:?}"), format!("{bytes:x?}"), format!("{bytes:02x?}")];
    let mut all = lists.map(|list| list.trim_matches(['[', ']']).to_owned()).to_vec();
    all.extend([bytes.escape_ascii().to_string(), bytes.iter().map(|b| char::from(*b)).collect()]);
    all.extend([hex.to_uppercase(), hex, base64(bytes).replace('+', "-").replace('/', "_")]);
    all.push(base64(bytes));
    all
}

/// What of a token is in the text: some of its body, or the beginning of its digest.
fn shown(text: &str, body: &str, digest: &[u8; 32]) -> Option<String> {
    let mut secrets = spellings(&digest[..9]);
    secrets.push(body.to_owned());
    secrets.into_iter().find(|secret| text.contains(secret))
}

/// Secrets stood in logs, in what was told of keys, and in what was kept of them.
#[test]
fn p51_no_token_is_in_what_is_printed_of_anything_nor_in_the_file() {
    let scene = Scene::new(&profile());
    let issued = scene.issue(&scene.spec("4").name("n"));
    let (store, token) = (scene.store(), text(&issued));
    let grant = store.verify(scene.realm, token.as_bytes(), &Request::new()).unwrap();
    let header = format!("Bearer {token}");
    let headers = [("Authorization", header.as_bytes())];
    let http = keycask::HttpRequest { method: "GET", headers: &headers, request_id: "" };
    let mut printed = vec![
        format!("{issued:?} {store:?} {http:?} {grant:?} {:?}", store.describe(&grant)),
        format!("{:?}", store.present(scene.realm, &http, &Request::new())),
        format!("{:?}", store.explain(scene.realm, token.as_bytes(), None, &Request::new())),
        format!("{:?} {:?}", store.audit(0, 100), store.changes(store.feed().unwrap().oldest, 100)),
        format!("{:?} {:?}", store.key(issued.key.key_id), store.stats()),
    ];
    let mut print = |leak: &keycask::Leak| {
        printed.push(format!("{leak:?}"));
        Ok(())
    };
    store.leaked(token.as_bytes(), &mut print).unwrap();
    let longer = store.verify(scene.realm, format!("{token}x").as_bytes(), &Request::new());
    printed.push(format!("{longer:?} {}", longer.as_ref().unwrap_err()));
    let start = issued.key.prefix.len();
    let secret = &token[start..start + 12];
    let digest = digest(token);
    for text in &printed {
        assert_eq!(shown(text, secret, &digest), None, "{text}");
    }
    let hash = blake3::Hash::from(digest);
    let mut planted = vec![format!("{token:?}"), format!("{hash}"), format!("{:?}", Some(hash))];
    planted.extend(spellings(&digest));
    for text in planted.iter().flat_map(|text| printed.iter().map(move |it| it.clone() + text)) {
        assert!(shown(&text, secret, &digest).is_some(), "{text}");
    }
    let file = std::fs::read(scene.path()).unwrap();
    assert!(!file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()));
}

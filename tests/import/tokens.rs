//! Texts: how they are told apart, and what is no token.

use keycask::{
    Denial, ErrorKind, HttpRequest, Import, OwnerChange, Reason, Request, Spec, VerifyError,
};
use sha2::{Digest, Sha256, Sha512};

use crate::acme::{Scene, by};
use crate::kit::{hex, options, sha256};

#[test]
fn p3_tokens_of_every_length_and_shape_are_told_apart() {
    let scene = Scene::new();
    let ours = scene.store.issue(&scene.spec(), &by()).unwrap();
    let ours = ours.token.expose();
    assert!(matches!(scene.reason("x".repeat(9).as_str()), Some(Reason::Malformed(_))));
    let mut texts: Vec<String> = (4..=512).map(|len| "k".repeat(len)).collect();
    // Some that look like ours, whole or in part, and some that end alike.
    texts.push(ours[..ours.len() - 1].to_owned());
    texts.push(format!("{ours}0"));
    texts.push(format!("acme_live_{}", "0".repeat(38)));
    texts.extend(
        ["acme_live_", "1|k", "a.b.c", "$2b$12$looks.like.bcrypt", "%7C~!"].map(str::to_owned),
    );
    texts.retain(|text| text.len() >= 4);
    let imports: Vec<_> = texts.iter().map(|text| scene.token(text)).collect();
    let keys = scene.import(&imports);
    let scene = scene.reopened(options());
    for (text, key) in texts.iter().zip(&keys) {
        assert_eq!(scene.key_of(text), Some(*key), "{text}");
    }
    assert!(scene.key_of(ours).is_some());
    assert_eq!(scene.reason(&"K".repeat(40)), Some(Reason::Unknown));
    for text in ["kkk", &"k".repeat(513), "kkkk kkkk", "kkkk\u{e9}", "kkkk\0"] {
        assert!(matches!(scene.reason(text), Some(Reason::Malformed(_))), "{text:?}");
        assert_eq!(Import::token(scene.spec(), text).unwrap_err().kind(), ErrorKind::Argument);
    }
    // A realm without imports goes by its own grammar alone.
    let other = scene.store.realm("other").unwrap();
    let denied = scene.store.verify(other, b"kkkkkkkk", &Request::new()).unwrap_err();
    assert!(matches!(denied.denial().unwrap().reason, Reason::Malformed(_)));
}

/// A profile that takes a token where it stands alone in a header, or behind a scheme in another.
const BOTH: &str = r#"
realm = "both"
present.headers = [{ name = "Authorization", scheme = "Bearer" }, { name = "X-Key" }]
[[kind]]
name = "live"
prefix = "both_"
body = 32
"#;

/// Each character of ASCII at each end, in the middle, twice and as all there is; and what looks
/// like more than a token.
fn shapes() -> Vec<String> {
    let all = (0..128).map(char::from);
    let mut shapes: Vec<String> = all
        .flat_map(|c| {
            [
                format!("{c}first"),
                format!("mid{c}dle"),
                format!("last{c}"),
                format!("twi{c}{c}ce"),
                String::from_iter([c; 5]),
            ]
        })
        .collect();
    shapes.extend(
        ["Bearer", "bearer", "Basic", "a,Bearer", "k=\"v\"", "k;q=1", "k\u{e9}y"].map(Into::into),
    );
    shapes
}

#[test]
fn each_token_that_is_taken_is_one_that_a_request_can_present() {
    let scene = Scene::new();
    scene.store.apply_realm("both.toml", BOTH, &by()).unwrap();
    let both = scene.store.realm("both").unwrap();
    let import = |text: &str| Import::token(Spec::new(both, "live", "ann"), text);
    scene.store.set_owner(both, "ann", &OwnerChange::new(), &by()).unwrap();
    let (taken, refused): (Vec<_>, Vec<_>) =
        shapes().into_iter().partition(|text| import(text).is_ok());
    let keys = scene.import(&taken.iter().map(|text| import(text).unwrap()).collect::<Vec<_>>());
    for (text, key) in taken.iter().zip(&keys) {
        let bearer = format!("Bearer {text}");
        for (name, value) in [("authorization", &bearer), ("x-key", text)] {
            let headers = [(name, value.as_bytes())];
            let http = HttpRequest { method: "GET", headers: &headers, request_id: "" };
            let outcome = scene.store.present(both, &http, &Request::new()).unwrap();
            let granted = outcome.verdict.map(|grant| grant.key_id);
            assert_eq!(granted.ok(), Some(*key), "{name}: {value:?}");
        }
    }
    // Nothing but these: what is no visible ASCII, and what joins fields.
    let barred = |c: char| !c.is_ascii_graphic() || c == ',';
    assert_eq!(taken.iter().find(|text| text.contains(barred)), None);
    for text in &refused {
        let at = text.find(barred).unwrap();
        let why = import(text).unwrap_err();
        assert_eq!(why.kind(), ErrorKind::Argument);
        assert!(why.message().starts_with(&format!("token: the byte at {at} is ")), "{why}");
    }
}

/// Tokens with a comma were taken before, and come with their digests still.
#[test]
fn a_token_with_a_comma_that_came_with_its_digest_is_verified() {
    let scene = Scene::new();
    let import = scene.digest("sha256", &sha256("with,comma")).last_four("omma");
    let keys = scene.import(&[import]);
    assert_eq!(scene.key_of("with,comma"), Some(keys[0]));
    assert_eq!(scene.store.rehash().unwrap(), 1);
    assert_eq!(scene.key_of("with,comma"), Some(keys[0]));
}

#[test]
fn p14_a_key_that_was_unknown_is_granted_as_soon_as_it_is_imported() {
    let scene = Scene::new();
    scene.import(&[scene.token("somebody"), scene.digest("sha256", &sha256("somebody else"))]);
    for text in ["by-token", "by-digest"] {
        assert_eq!(scene.reason(text), Some(Reason::Unknown));
    }
    scene.import(&[
        scene.token("by-token"),
        scene.digest("sha512", &hex(&Sha512::digest("by-digest"))),
    ]);
    assert_eq!(["by-token", "by-digest"].map(|text| scene.reason(text)), [None, None]);
}

#[test]
fn p30_no_stored_digest_is_a_token() {
    let scene = Scene::new();
    let digest = Sha256::digest("the-token");
    scene.import(&[scene.digest("sha256", &hex(&digest))]);
    let latin: String = digest.iter().map(|byte| char::from(*byte)).collect();
    for text in [hex(&digest), hex(&digest).to_uppercase(), latin] {
        assert!(scene.reason(&text).is_some(), "{text:?}");
    }
    let raw = scene.store.verify(scene.acme, &digest, &Request::new());
    assert!(raw.is_err());
    // Nor is one that is in the file.
    let Scene { dir, store, acme } = scene;
    store.close().unwrap();
    let file = std::fs::read(dir.path().join("keys.keycask")).unwrap();
    assert!(!file.windows(16).any(|window| window == &digest[..16]), "the digest is in the file");
    let store = options().open(dir.path().join("keys.keycask")).unwrap();
    store.verify(acme, b"the-token", &Request::new()).unwrap();
}

/// Texts of another shape among tokens of our own: each is decided about as it is alone.
#[test]
fn many_tokens_of_which_some_are_of_another_system_are_decided_about_together() {
    let scene = Scene::new();
    let own = scene.store.issue(&scene.spec(), &by()).unwrap().token.expose().to_owned();
    scene.import(&[scene.digest("sha256", &sha256("by-its-digest")), scene.token("as-it-is")]);
    let texts = [own.as_str(), "by-its-digest", "of-nobody", "as-it-is", "no\nshape", &own, "x"];
    let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    let alone = || {
        let verify = |text: &&[u8]| scene.store.verify(scene.acme, text, &Request::new());
        let answers = texts.iter().map(verify);
        let reason = |error: VerifyError| error.denial().unwrap().reason;
        answers.map(|answer| answer.map_err(reason)).collect::<Vec<_>>()
    };
    let together = || {
        let mut answers = Vec::new();
        scene.store.verify_many(scene.acme, &texts, &Request::new(), &mut answers).unwrap();
        let reason = |denial: Denial| denial.reason;
        answers.into_iter().map(|answer| answer.map_err(reason)).collect::<Vec<_>>()
    };
    let first = together();
    let granted: Vec<bool> = first.iter().map(Result::is_ok).collect();
    assert_eq!(granted, [true, true, false, true, false, true, false]);
    assert!(
        matches!(first[2], Err(Reason::Unknown)) && matches!(first[4], Err(Reason::Malformed(_)))
    );
    assert_eq!(first, alone());
    assert_eq!(scene.store.rehash().unwrap(), 1);
    assert_eq!(together(), first);
    // A realm without such keys takes no text of another shape.
    let other = scene.store.realm("other").unwrap();
    let mut answers = Vec::new();
    scene.store.verify_many(other, &texts, &Request::new(), &mut answers).unwrap();
    let shapeless = |denial: &Denial| matches!(denial.reason, Reason::Malformed(_));
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(shapeless)));
}

use super::*;
use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::realm::{Profile, new_names};
use crate::token::Malformed;

const STACKGUARDIAN: &str = include_str!("../../profiles/stackguardian.toml");
const CLOUDGENI: &str = include_str!("../../profiles/cloudgeni.toml");
const STAIROIDS: &str = include_str!("../../profiles/stairoids.toml");
const SECURECODINGHUB: &str = include_str!("../../profiles/securecodinghub.toml");
const SEOGEO: &str = include_str!("../../profiles/seogeo.toml");
const EXAMPLE: &str = include_str!("../../profiles/example.toml");

/// A profile without answers of its own.
const PLAIN: &str = "realm = \"plain\"\n[[kind]]\nname = \"k\"\nprefix = \"k_\"\nbody = 32\n\
                     [[scope]]\nname = \"a\"\n[[scope]]\nname = \"b\"\n";

const NOW: Timestamp = Timestamp::from_ms(1_640_000_000_000 - 29_500);

fn realm(text: &str) -> Realm {
    let profile = Profile::parse("p.toml", text).unwrap();
    let new = new_names(&profile, &[], &[] as &[&str], &[]).unwrap();
    let kinds: Vec<_> = (0..).map(KindRef::new).zip(new.kinds).collect();
    Realm::bind(RealmRef::new(0), profile, &new.scopes, &kinds, &new.plans).unwrap()
}

fn answer(text: &str, reason: Reason) -> Answer {
    refuse(text, Denial { reason, key: None }.into())
}

fn refuse(text: &str, refusal: Refusal) -> Answer {
    let facts = Facts { method: "GET", request_id: "req_1", now: NOW };
    render(&realm(text), Err(&refusal), &facts)
}

fn lacks(text: &str, required: &[&str], present: &[&str]) -> Answer {
    let realm = realm(text);
    let set = |names: &[&str]| realm.expand(realm.scope_set(names).unwrap());
    let required = realm.scope_set(required).unwrap();
    answer(text, Reason::Scope { required, present: set(present) })
}

fn rate(limit: u32, remaining: u32) -> Rate {
    Rate { limit, remaining, reset: Timestamp::from_ms(1_640_000_000_000), period_ms: 60_000 }
}

fn grant(rate: Option<Rate>) -> Grant {
    Grant {
        key_id: KeyId::new(NOW, 1),
        realm: RealmRef::new(0),
        kind: KindRef::new(0),
        owner: OwnerRef::new(0),
        scopes: ScopeSet::empty(),
        end: Timestamp::NEVER,
        in_grace: false,
        rate,
        credits: None,
    }
}

fn granted(text: &str, rate: Option<Rate>) -> Answer {
    let facts = Facts { method: "GET", request_id: "req_1", now: NOW };
    render(&realm(text), Ok(&grant(rate)), &facts)
}

fn body(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut found = answer.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let value = found.next().map(|(_, value)| value.as_str());
    assert!(found.next().is_none(), "{name} stands twice");
    value
}

/// Every reason for which an outsider is told no more than 401.
const SILENT: [Reason; 9] = [
    Reason::Malformed(Malformed::Prefix),
    Reason::Malformed(Malformed::Checksum),
    Reason::Unknown,
    Reason::Revoked,
    Reason::Suspended,
    Reason::OwnerSuspended,
    Reason::NotYetValid,
    Reason::Expired,
    Reason::Network,
];

#[test]
fn every_401_is_the_same_to_an_outsider() {
    for text in [STACKGUARDIAN, CLOUDGENI, STAIROIDS, SECURECODINGHUB, SEOGEO, PLAIN] {
        let first = answer(text, Reason::Idle);
        assert_eq!(first.status, 401);
        for reason in SILENT {
            assert_eq!(answer(text, reason), first, "{}", reason.name());
        }
        let missing = refuse(text, Unpresented::Missing.into());
        assert_eq!((missing.status, missing.body), (401, first.body));
    }
}

#[test]
fn the_default_answers_are_problem_json_with_a_bearer_challenge() {
    let told = answer(PLAIN, Reason::Unknown);
    assert_eq!(
        body(&told),
        r#"{"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthorized"}"#
    );
    assert_eq!(header(&told, "Content-Type"), Some("application/problem+json"));
    assert_eq!(header(&told, "Cache-Control"), Some("no-store"));
    assert_eq!(
        header(&told, "WWW-Authenticate"),
        Some(r#"Bearer realm="plain", error="invalid_token""#)
    );

    let told = lacks(PLAIN, &["a", "b"], &["b"]);
    assert_eq!(told.status, 403);
    assert_eq!(
        body(&told),
        concat!(
            r#"{"type":"about:blank","title":"Forbidden","status":403,"#,
            r#""code":"insufficient_scope","required":["a","b"]}"#
        )
    );
    assert_eq!(
        header(&told, "WWW-Authenticate"),
        Some(r#"Bearer realm="plain", error="insufficient_scope", scope="a b""#)
    );
}

#[test]
fn a_challenge_has_an_error_only_if_a_credential_was_presented() {
    for (why, status, error) in [
        (Unpresented::Missing, 401, ""),
        (Unpresented::WrongHeader, 401, ""),
        (Unpresented::WrongScheme, 401, ""),
        (Unpresented::Empty, 401, ", error=\"invalid_token\""),
        (Unpresented::Spaces, 401, ", error=\"invalid_token\""),
        (Unpresented::NotAscii, 401, ", error=\"invalid_token\""),
        (Unpresented::Repeated, 400, ", error=\"invalid_request\""),
    ] {
        let told = refuse(PLAIN, why.into());
        assert_eq!(told.status, status);
        let want = format!("Bearer realm=\"plain\"{error}");
        assert_eq!(header(&told, "WWW-Authenticate"), Some(want.as_str()));
    }
}

#[test]
fn a_limited_request_is_told_when_to_come_back() {
    for (retry_ms, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (30_000, "30")] {
        let told = answer(PLAIN, Reason::RateLimited { rate: rate(300, 0), retry_ms });
        assert_eq!(told.status, 429);
        assert_eq!(header(&told, "Retry-After"), Some(seconds));
        assert!(
            body(&told).ends_with(&format!(r#""code":"rate_limited","retry_after":{seconds}}}"#))
        );
        assert_eq!(header(&told, "RateLimit-Policy"), Some(r#""300-60";q=300;w=60"#));
        assert_eq!(header(&told, "RateLimit"), Some(r#""300-60";r=0;t=30"#));
        assert_eq!(header(&told, "Cache-Control"), Some("no-store"));
    }
    let credits = Credits { limit: 1000, remaining: 2, reset: Timestamp::NEVER };
    let told = answer(PLAIN, Reason::QuotaExhausted { credits, retry_ms: u64::MAX });
    assert_eq!((told.status, header(&told, "Retry-After")), (429, None));
    assert!(body(&told).contains(r#""retry_after":null"#));
}

#[test]
fn what_is_left_of_a_quota_can_be_told_and_when_it_is_refilled() {
    let text = format!(
        "{PLAIN}[answers.granted]\nheaders = {{ Left = \"{{quota_remaining}} of {{quota_limit}}\", \
         Again = \"{{quota_reset}}\" }}\n[answers.limited]\nstatus = 402\n\
         headers = {{ Left = \"{{quota_remaining}}\", Retry-After = \"{{retry_after}}\" }}\n"
    );
    let credits =
        Credits { limit: 1000, remaining: 2, reset: Timestamp::from_ms(1_640_000_000_000) };
    let told = |credits| {
        let facts = Facts { method: "GET", request_id: "", now: NOW };
        let grant = Grant { credits, ..grant(None) };
        let told = render(&realm(&text), Ok(&grant), &facts);
        ["Left", "Again"].map(|name| header(&told, name).map(str::to_owned))
    };
    let owned = |text: &str| Some(text.to_owned());
    assert_eq!(told(Some(credits)), [owned("2 of 1000"), owned("1640000000")]);
    let never = Credits { reset: Timestamp::NEVER, ..credits };
    assert_eq!(told(Some(never)), [owned("2 of 1000"), None]);
    assert_eq!(told(None), [None, None]);
    let told = answer(&text, Reason::QuotaExhausted { credits, retry_ms: 29_500 });
    assert_eq!((told.status, header(&told, "Left")), (402, Some("2")));
    assert_eq!(header(&told, "Retry-After"), Some("30"));
    let told = answer(&text, Reason::RateLimited { rate: rate(300, 0), retry_ms: 1 });
    assert_eq!((header(&told, "Left"), header(&told, "Retry-After")), (None, Some("1")));
}

#[test]
fn a_grant_has_headers_only_and_none_without_a_rate() {
    let told = granted(PLAIN, Some(rate(300, 7)));
    assert_eq!((told.status, told.body.len()), (200, 0));
    assert_eq!(header(&told, "RateLimit"), Some(r#""300-60";r=7;t=30"#));
    assert!(granted(PLAIN, None).headers.is_empty());
}

#[test]
fn a_reset_in_the_past_is_now() {
    let mut past = rate(300, 7);
    past.reset = Timestamp::from_ms(NOW.as_ms() - 1);
    assert_eq!(header(&granted(PLAIN, Some(past)), "RateLimit"), Some(r#""300-60";r=7;t=0"#));
}

#[test]
fn a_request_id_cannot_break_out_of_a_header_or_a_body() {
    let refusal = Refusal::from(Unpresented::Missing);
    for id in ["a\r\nSet-Cookie: b", "a\n", "\0", "\u{e9}", " a"] {
        let facts = Facts { method: "GET", request_id: id, now: NOW };
        let told = render(&realm(EXAMPLE), Err(&refusal), &facts);
        assert_eq!(header(&told, "X-Orbit-Trace"), None, "{id:?}");
        let json: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
        assert_eq!(json["trace"], id);
    }
    let facts = Facts { method: "GET", request_id: "", now: NOW };
    let told = render(&realm(EXAMPLE), Err(&refusal), &facts);
    assert!(body(&told).ends_with(r#""trace":null}"#));
}

#[test]
fn text_in_a_challenge_is_quoted() {
    assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
}

#[test]
fn stackguardian_challenges_with_its_own_scheme() {
    let told = answer(STACKGUARDIAN, Reason::Expired);
    assert_eq!(
        header(&told, "WWW-Authenticate"),
        Some(r#"apikey realm="stackguardian", error="invalid_token""#)
    );
    assert!(body(&told).contains("Invalid or expired API Key."));
    assert_eq!(lacks(STACKGUARDIAN, &["workflows:run"], &[]).status, 403);
}

#[test]
fn cloudgeni_answers_as_its_page_says() {
    assert_eq!(
        body(&answer(CLOUDGENI, Reason::Unknown)),
        r#"{"error":"unauthorized","message":"Invalid API key provided"}"#
    );
    assert_eq!(
        body(&lacks(CLOUDGENI, &["admin"], &["read-write"])),
        r#"{"error":"forbidden","message":"API key does not have permission for this action"}"#
    );
    let told = answer(CLOUDGENI, Reason::RateLimited { rate: rate(300, 0), retry_ms: 60_000 });
    assert_eq!(
        body(&told),
        concat!(
            r#"{"error":"rate_limit_exceeded","message":"Too many requests. "#,
            r#"Please retry after 60 seconds.","retry_after":60}"#
        )
    );
    assert_eq!(header(&told, "Retry-After"), Some("60"));
    assert_eq!(header(&told, "Content-Type"), Some("application/json"));
    for told in [granted(CLOUDGENI, Some(rate(300, 295))), told] {
        assert_eq!(header(&told, "X-RateLimit-Limit"), Some("300"));
        assert_eq!(header(&told, "X-RateLimit-Reset"), Some("1640000000"));
        assert_eq!(header(&told, "RateLimit"), None);
        assert_eq!(header(&told, "RateLimit-Policy"), None);
    }
    let told = granted(CLOUDGENI, Some(rate(300, 295)));
    assert_eq!(header(&told, "X-RateLimit-Remaining"), Some("295"));
}

#[test]
fn stairoids_answers_as_its_page_says() {
    assert_eq!(
        body(&refuse(STAIROIDS, Unpresented::Missing.into())),
        concat!(
            r#"{"error":{"code":"unauthorized","message":"A valid API key is required. "#,
            r#"Provide it as 'Authorization: Bearer <key>'."},"meta":{"request_id":"req_1"}}"#
        )
    );
    assert_eq!(
        body(&lacks(STAIROIDS, &["write"], &["read"])),
        concat!(
            r#"{"error":{"code":"forbidden","message":"This API key does not have the 'write' "#,
            r#"scope required for this endpoint.","param":"scope"},"meta":{"request_id":"req_1"}}"#
        )
    );
    assert!(body(&lacks(STAIROIDS, &["read_write"], &["read", "write"])).contains("'read_write'"));
}

#[test]
fn securecodinghub_answers_as_its_page_says() {
    assert_eq!(body(&answer(SECURECODINGHUB, Reason::Revoked)), r#"{"error":"unauthorized"}"#);
    let told = lacks(SECURECODINGHUB, &["users:write"], &["audit-log:read", "org:read"]);
    assert_eq!(
        body(&told),
        concat!(
            r#"{"error":"insufficient_scope","required":"users:write","#,
            r#""present":["org:read","audit-log:read"]}"#
        )
    );
    assert!(body(&lacks(SECURECODINGHUB, &["org:read"], &[])).ends_with(r#""present":[]}"#));
    let told = answer(SECURECODINGHUB, Reason::RateLimited { rate: rate(60, 0), retry_ms: 1 });
    assert_eq!((told.status, body(&told)), (429, r#"{"error":"rate_limited"}"#));
}

#[test]
fn seogeo_answers_with_its_codes() {
    let told = answer(SEOGEO, Reason::Unknown);
    assert!(body(&told).starts_with(r#"{"error":{"code":"UNAUTHORIZED","#), "{}", body(&told));
    let told = lacks(SEOGEO, &["geo:write"], &["geo:read"]);
    assert_eq!(told.status, 403);
    assert!(body(&told).starts_with(r#"{"error":{"code":"FORBIDDEN","#), "{}", body(&told));
}

#[test]
fn the_invented_product_answers_in_its_own_words() {
    let told = answer(EXAMPLE, Reason::Expired);
    assert_eq!((told.status, header(&told, "X-Orbit-Rotate")), (401, Some("now")));
    assert!(body(&told).contains("key expired"));
    assert!(body(&answer(EXAMPLE, Reason::Revoked)).contains("no valid key"));
    let told = lacks(EXAMPLE, &["passes:write", "alerts:read"], &["passes:read", "alerts:read"]);
    assert_eq!(
        body(&told),
        concat!(
            r#"{"ok":false,"why":"GET needs passes:write alerts:read","#,
            r#""needs":["passes:write","alerts:read"],"has":["passes:read","alerts:read"],"#,
            r#""lacks":["passes:write"],"trace":"req_1"}"#
        )
    );
    assert!(header(&told, "WWW-Authenticate").unwrap().starts_with("ApiKey realm=\"orbit\""));
    let told = answer(EXAMPLE, Reason::RateLimited { rate: rate(100, 0), retry_ms: 2500 });
    assert_eq!(told.status, 503);
    assert_eq!(
        body(&told),
        concat!(
            r#"{"ok":false,"why":"{slow down}","window":{"limit":100,"remaining":0,"#,
            r#""ends":1640000000},"retry_after":3,"trace":"req_1"}"#
        )
    );
    let told = refuse(EXAMPLE, Unpresented::Repeated.into());
    assert_eq!((told.status, body(&told), header(&told, "Content-Type")), (409, "", None));
    let told = granted(EXAMPLE, Some(rate(100, 4)));
    assert_eq!(header(&told, "X-Orbit-Quota"), Some("4 of 100"));
}

#[test]
fn a_method_that_no_scope_permits_is_refused_without_a_name() {
    let told = lacks(PLAIN, &[], &["a"]);
    assert_eq!(told.status, 403);
    let want = r#"Bearer realm="plain", error="insufficient_scope""#;
    assert_eq!(header(&told, "WWW-Authenticate"), Some(want));
}

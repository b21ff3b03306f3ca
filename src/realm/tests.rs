use std::time::Duration;

use super::registry::NewNames;
use super::*;

const STACKGUARDIAN: &str = include_str!("../../profiles/stackguardian.toml");
const CLOUDGENI: &str = include_str!("../../profiles/cloudgeni.toml");
const STAIROIDS: &str = include_str!("../../profiles/stairoids.toml");
const SECURECODINGHUB: &str = include_str!("../../profiles/securecodinghub.toml");
const SEOGEO: &str = include_str!("../../profiles/seogeo.toml");
const EXAMPLE: &str = include_str!("../../profiles/example.toml");

/// The realm of a profile whose kinds are numbered from 7 on, and its scopes in order.
fn realm(text: &str) -> Realm {
    let profile = Profile::parse("p.toml", text).unwrap();
    let new = new_names(&profile, &[], &[] as &[&str], &[]).unwrap();
    let kinds: Vec<_> = (7..).map(KindRef::new).zip(new.kinds).collect();
    Realm::bind(RealmRef::new(1), profile, &new.scopes, &kinds, &new.plans).unwrap()
}

fn names(realm: &Realm, set: ScopeSet) -> Vec<&str> {
    realm.scope_names(set)
}

fn header(realm: &Realm) -> Vec<(&str, Option<&str>)> {
    realm.carriers().accepted().iter().map(|c| (c.name(), c.scheme())).collect()
}

fn prefixes(realm: &Realm) -> Vec<(&str, Option<&str>)> {
    realm.kinds().iter().map(|k| (k.shape.prefix(), k.environment.as_deref())).collect()
}

fn small(scopes: &[&str], kinds: &[&str]) -> Profile {
    let mut text = "realm = \"r\"\n".to_owned();
    for name in kinds {
        text += &format!("[[kind]]\nname = \"{name}\"\nprefix = \"{name}_\"\nbody = 32\n");
    }
    for name in scopes {
        text += &format!("[[scope]]\nname = \"{name}\"\n");
    }
    Profile::parse("p.toml", &text).unwrap()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn only_names_without_a_number_get_one() {
    let profile = small(&["c", "a", "d"], &["k", "l"]);
    let new = new_names(&profile, &owned(&["a", "b"]), &["l"], &[]).unwrap();
    assert_eq!(new, NewNames { scopes: owned(&["c", "d"]), kinds: owned(&["k"]), plans: vec![] });
}

#[test]
fn a_realm_has_128_scopes_and_64_kinds_over_its_life() {
    let gone: Vec<String> = (0..127).map(|n| format!("gone{n}")).collect();
    assert!(new_names(&small(&["a"], &["k"]), &gone, &["k"], &[]).is_ok());
    let error = new_names(&small(&["a", "b"], &["k"]), &gone, &["k"], &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Profile);
    assert!(error.message().contains("2 new scopes beside 127"), "{error}");
    assert!(new_names(&small(&[], &["k"]), &[], &gone[..63], &[]).is_ok());
    let error = new_names(&small(&[], &["k"]), &[], &gone[..64], &[]).unwrap_err();
    assert!(error.message().contains("1 new kinds beside 64"), "{error}");
}

#[test]
fn a_profile_with_a_name_that_has_no_number_is_not_bound() {
    let kinds = [(KindRef::new(0), "k".to_owned())];
    let bind = |scopes: &[&str], kinds: &[(KindRef, String)]| {
        Realm::bind(RealmRef::new(0), small(&["a"], &["k"]), &owned(scopes), kinds, &[])
    };
    assert!(bind(&["a"], &kinds).is_ok());
    assert!(bind(&[], &kinds).unwrap_err().message().contains("\"a\" has no number"));
    assert!(bind(&["a"], &[]).unwrap_err().message().contains("\"k\" has no number"));
}

#[test]
fn kinds_are_found_by_number_and_those_of_other_realms_are_not() {
    let number = |n: u16, name: &str| (KindRef::new(n), name.to_owned());
    let numbers = [number(500, "old"), number(40_000, "b"), number(510, "a")];
    let realm = Realm::bind(RealmRef::new(0), small(&[], &["a", "b"]), &[], &numbers, &[]).unwrap();
    let name = |n| realm.kind(KindRef::new(n)).map(|kind| kind.name.as_str());
    assert_eq!((name(510), name(40_000)), (Some("a"), Some("b")));
    for other in [0, 499, 500, 501, 509, 511, 39_999, 40_001, u16::MAX] {
        assert_eq!(name(other), None, "{other}");
    }
    assert_eq!(realm.kind_name(KindRef::new(500)), Some("old"));
    assert_eq!(realm.kind_named("a").unwrap().0, KindRef::new(510));
    let error = realm.kind_named("old").unwrap_err();
    assert_eq!(error.to_string(), "kind \"old\": realm \"r\" has none of this name");
    let a = realm.kind_set(["a"]).unwrap();
    assert!(a.meets(realm.mask(KindRef::new(510))));
    assert!(!a.meets(realm.mask(KindRef::new(40_000))));
    assert!(!KindSet::ALL.meets(realm.mask(KindRef::new(501))));
    assert!(realm.kind_set(["a", "c"]).is_err());
}

#[test]
fn an_unknown_name_is_an_error_that_names_it_and_the_realm() {
    let realm = realm(CLOUDGENI);
    for (error, told) in [
        (realm.scope_set(["admin", "root"]).unwrap_err(), "scope \"root\": realm \"cloudgeni\""),
        (realm.plan_named("gold").unwrap_err(), "plan \"gold\": realm \"cloudgeni\""),
        (realm.set_named("all").unwrap_err(), "set \"all\": realm \"cloudgeni\""),
        (realm.plan_of(Some("gold")).unwrap_err(), "plan \"gold\": realm \"cloudgeni\""),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().starts_with(told), "{error}");
    }
}

#[test]
fn a_scope_that_is_gone_keeps_its_bit_and_can_no_longer_be_asked_for() {
    let kinds = [(KindRef::new(0), "k".to_owned())];
    let registry = owned(&["gone", "b", "a"]);
    let realm =
        Realm::bind(RealmRef::new(0), small(&["a", "b"], &["k"]), &registry, &kinds, &[]).unwrap();
    assert!(realm.scope_set(["gone"]).is_err());
    assert_eq!(realm.scope_set(["a"]).unwrap(), ScopeSet::single(2));
    assert_eq!(names(&realm, ScopeSet::all()), ["gone", "b", "a"]);
    assert_eq!(realm.all_scopes(), ScopeSet::single(1) | ScopeSet::single(2));
}

#[test]
fn stackguardian_is_as_its_page_says() {
    let realm = realm(STACKGUARDIAN);
    assert_eq!(header(&realm), [("Authorization", Some("apikey"))]);
    assert_eq!(prefixes(&realm), [("sgu_", None), ("sgo_", None)]);
    let [user, organisation] = realm.kinds() else { panic!("two kinds") };
    assert_eq!((user.rights, organisation.rights), (Rights::Owner, Rights::Owner));
    assert_eq!((user.reveal, organisation.reveal), (true, false));
    assert_eq!(realm.caps(None, KindRef::new(7)), (None, Some(1)));
    assert_eq!(realm.caps(None, KindRef::new(8)), (None, None));
    assert_eq!(realm.policy().longest_grace, Duration::ZERO);
    assert_eq!(realm.challenge_scheme(), "apikey");
}

#[test]
fn cloudgeni_is_as_its_page_says() {
    let realm = realm(CLOUDGENI);
    assert_eq!(header(&realm), [("X-CLOUDGENI-API-KEY", None)]);
    for decoy in ["authorization", "x-api-key"] {
        let told = realm.carriers().extract([(decoy, b"cg_live_x".as_slice())]);
        assert_eq!(told, Err(crate::token::Unpresented::WrongHeader));
    }
    assert_eq!(prefixes(&realm), [("cg_live_", Some("production")), ("cg_test_", Some("sandbox"))]);
    let admin = realm.scope_set(["admin"]).unwrap();
    assert_eq!(names(&realm, realm.expand(admin)), ["read-only", "read-write", "admin"]);
    let write = realm.scope_set(["read-write"]).unwrap();
    assert_eq!(names(&realm, realm.expand(write)), ["read-only", "read-write"]);
    let rates: Vec<_> = realm.plans().iter().map(|p| (p.name.as_str(), p.rates[0])).collect();
    let rate = |limit, burst| Window { limit, period_ms: 60_000, burst };
    assert_eq!(
        rates,
        [("free", rate(60, 10)), ("pro", rate(300, 50)), ("enterprise", rate(1000, 100))]
    );
    assert_eq!(realm.policy().rotate_after, Some(Duration::from_secs(90 * 86_400)));
    assert!(realm.policy().usage);
    assert_eq!(realm.plan_of(None).unwrap(), Some(0));
    assert_eq!(realm.plan_of(Some("pro")).unwrap(), Some(1));
}

#[test]
fn stairoids_is_as_its_page_says() {
    let realm = realm(STAIROIDS);
    assert_eq!(header(&realm), [("Authorization", Some("Bearer"))]);
    assert_eq!(prefixes(&realm), [("sk_live_", Some("production")), ("sk_test_", Some("testing"))]);
    for (methods, scope) in [
        (&["GET"][..], "read"),
        (&["POST", "PATCH", "DELETE"], "write"),
        (&["PUT", "HEAD", "OPTIONS"], "read_write"),
    ] {
        for method in methods {
            let need = MethodNeed::Scope(realm.scope_set([scope]).unwrap());
            assert_eq!(realm.required_for(method), need, "{method}");
        }
    }
    let write = realm.expand(realm.scope_set(["write"]).unwrap());
    assert!(!write.contains(realm.scope_set(["read"]).unwrap()));
}

#[test]
fn securecodinghub_is_as_its_page_says() {
    let realm = realm(SECURECODINGHUB);
    assert_eq!(header(&realm), [("Authorization", Some("Bearer"))]);
    assert_eq!(prefixes(&realm), [("scs_live_", Some("production"))]);
    let stated = format!("scs_live_{}", "x".repeat(32));
    assert_eq!(stated.len(), 41);
    assert_eq!(realm.grammar().parse(stated.as_bytes()), Ok(0));
    // The page's own sample has a character more than the page says.
    let sample = b"scs_live_t9JQ10cDjddmslzv9mRKYqaDS5ZU1KuDH";
    let told = realm.grammar().parse(sample);
    assert_eq!(told, Err(crate::token::Malformed::Length { want: 41, got: 42 }));
    let tiers: Vec<_> = realm.scopes().iter().filter_map(|scope| scope.tier.as_deref()).collect();
    assert_eq!(tiers.len(), 16);
    assert_eq!(tiers.iter().filter(|tier| **tier == "write").count(), 6);
    assert!(realm.scopes().iter().all(|scope| scope.implies.is_empty()));
    let set = |name| names(&realm, realm.set_named(name).unwrap()).join(" ");
    assert_eq!(set("sarif-ingestion"), "sarif:ingest");
    assert_eq!(set("user-provisioning"), "users:write teams:write");
    assert_eq!(set("reporting"), "users:read assignments:read progress:read audit-log:read");
    assert_eq!(set("ticketing"), "assignments:read webhook:manage");
    assert_eq!(set("auditor"), "org:read certificates:read audit-log:read compliance:read");
    assert!(!realm.policy().suspend);
    assert_eq!(realm.policy().default_life, None);
    let periods: Vec<_> = realm.plans()[0].rates.iter().map(|rate| rate.period_ms).collect();
    assert_eq!(periods, [60_000, 3_600_000]);
}

#[test]
fn seogeo_is_as_its_page_says() {
    let realm = realm(SEOGEO);
    assert_eq!(header(&realm), [("Authorization", Some("Bearer"))]);
    assert_eq!(
        prefixes(&realm),
        [("sg_live_", Some("production")), ("sg_test_", Some("development"))]
    );
    assert_eq!(realm.scopes().len(), 9);
    let caps: Vec<_> = ["starter", "pro", "agency"]
        .map(|plan| realm.caps(realm.plan_of(Some(plan)).unwrap(), KindRef::new(7)))
        .to_vec();
    assert_eq!(caps, [(Some(2), None), (Some(10), None), (Some(50), None)]);
}

#[test]
fn the_invented_product_uses_what_the_five_do_not() {
    let realm = realm(EXAMPLE);
    assert_eq!(header(&realm), [("X-Orbit-Key", None), ("Authorization", Some("Bearer"))]);
    assert_eq!(realm.scopes().len(), 40);
    let director = realm.scope_set(["director"]).unwrap();
    assert_eq!(realm.expand(director), realm.all_scopes());
    let observer = realm.expand(realm.scope_set(["observer"]).unwrap());
    assert_eq!(observer.numbers().count(), 10);
    let night = realm.expand(realm.set_named("night-shift").unwrap());
    assert!(night.contains(observer) && night.contains(realm.scope_set(["alerts:write"]).unwrap()));
    let (test, _) = realm.kind_named("eu-test").unwrap();
    let cubesat = realm.plan_of(None).unwrap();
    assert_eq!(realm.caps(cubesat, test), (Some(4), Some(2)));
    let constellation = realm.plan_of(Some("constellation")).unwrap();
    assert_eq!(realm.caps(constellation, test), (Some(100), Some(3)));
    assert_eq!(realm.policy().buckets, Buckets::Owner);
    assert_eq!(realm.challenge_scheme(), "ApiKey");
}

#[test]
fn a_kind_of_another_realm_has_no_place_under_any_cap() {
    assert_eq!(realm(SEOGEO).caps(None, KindRef::new(99)), (Some(0), Some(0)));
}

//! A store with a token for each outcome.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use keycask::{
    Actor, Denial, Grant, Issued, Options, OwnerChange, Quota, RealmRef, Request, Spec, Store,
    Timestamp, VerifyError,
};

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "test"
prefix = "acme_test_"
body = 32
[[scope]]
name = "read"
[[scope]]
name = "write"
[[plan]]
name = "wide"
rates = ["1000000000 per 1h"]
[[plan]]
name = "narrow"
rates = ["1 per 1h"]
[[plan]]
name = "two"
rates = ["1000000000 per 1h", "1000000000 per 1d"]
[policy]
usage = true
"#;

/// How long keys live that are to expire.
const LIFE: Duration = Duration::from_millis(1_000);

/// A token, what is asked of it, and the name of what comes of it: "granted" or a reason.
struct Case {
    token: String,
    request: Request,
    expected: &'static str,
}

/// A store, and what is presented to it.
pub(crate) struct Scene {
    _dir: tempfile::TempDir,
    pub(crate) store: Arc<Store>,
    pub(crate) acme: RealmRef,
    /// May be presented any number of times.
    cases: Vec<Case>,
    /// Have not been presented yet: the first time notes a use, or that the key has expired.
    fresh: Vec<Case>,
    answers: Vec<keycask::Result<Grant, Denial>>,
}

pub(crate) fn by() -> Actor {
    Actor::new("tester")
}

impl Scene {
    pub(crate) fn new(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = options.lease_max(1_000_000).create(dir.path().join("keys.redb")).unwrap();
        let other = Store::create(dir.path().join("other.redb")).unwrap();
        let [acme, foreign] = [&store, &other].map(|store| {
            store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
            let acme = store.realm("acme").unwrap();
            for (owner, change) in [
                ("free", OwnerChange::new()),
                ("wide", OwnerChange::new().plan("wide")),
                ("narrow", OwnerChange::new().plan("narrow")),
                ("away", OwnerChange::new()),
            ] {
                store.set_owner(acme, owner, &change, &by()).unwrap();
            }
            acme
        });
        let spec = |owner: &str| Spec::new(acme, "live", owner).scopes(["read"]);
        let issue = |spec: &Spec| store.issue(spec, &by()).unwrap();
        let profile = store.profile(acme).unwrap();
        let read = Request::new().needs(profile.scope_set(["read"]).unwrap());
        let write = Request::new().needs(profile.scope_set(["write"]).unwrap());
        let test = read.kinds(profile.kind_set(["test"]).unwrap());
        let case = |issued: Issued, expected| {
            let token = issued.token.expose().to_owned();
            Case { token, request: read, expected }
        };

        let (revoked, suspended) = (issue(&spec("free")), issue(&spec("free")));
        store.revoke(revoked.key.key_id, &by()).unwrap();
        store.suspend(suspended.key.key_id, &by()).unwrap();
        let away = issue(&spec("away"));
        store.set_owner(acme, "away", &OwnerChange::new().suspended(true), &by()).unwrap();
        let nobody = other.issue(&Spec::new(foreign, "live", "free"), &by()).unwrap();
        // Far more are leased at once than any test here takes.
        let [many, one] = ["1000000000", "1"].map(|quota| quota.parse::<Quota>().unwrap());
        let plain = case(issue(&spec("free")), "granted");
        let mut damaged = plain.token.clone();
        damaged.pop();
        let with = |token: &str, request, expected| {
            let token = token.to_owned();
            Case { token, request, expected }
        };
        let mut cases = vec![
            with(&plain.token, write, "scope"),
            with(&plain.token, test, "unknown"),
            with(&damaged, read, "malformed"),
            with("acme_live_x", read, "malformed"),
            with("", read, "malformed"),
            plain,
            case(issue(&spec("wide")), "granted"),
            case(issue(&spec("narrow")), "rate_limited"),
            case(issue(&spec("wide").quota(many)), "granted"),
            case(issue(&spec("free").quota(one)), "quota_exhausted"),
            case(issue(&spec("free").start(Timestamp::LAST)), "not_yet_valid"),
            case(revoked, "revoked"),
            case(suspended, "suspended"),
            case(away, "owner_suspended"),
            case(nobody, "unknown"),
        ];
        cases.push(case(issue(&spec("free").life(LIFE)), "expired"));
        let mut fresh = vec![case(issue(&spec("free")), "granted")];
        fresh.push(case(issue(&spec("free").life(LIFE)), "expired"));
        thread::sleep(LIFE + Duration::from_millis(100));

        let answers = Vec::with_capacity(cases.len());
        let store = Arc::new(store);
        let mut scene = Self { _dir: dir, store, acme, cases, fresh, answers };
        // The one charge that the narrow plan admits, and the one that a quota of one does.
        for used_up in ["rate_limited", "quota_exhausted"] {
            let case = scene.cases.iter().find(|case| case.expected == used_up).unwrap();
            scene.store.verify(acme, case.token.as_bytes(), &read).unwrap();
        }
        scene.present_all();
        scene
    }

    /// Presents every token, each alone and all together. Stops at a surprise.
    pub(crate) fn present_all(&mut self) {
        self.cases.iter().for_each(|case| self.present(case));
        let mut tokens: [&[u8]; 16] = [&[]; 16];
        let tokens = &mut tokens[..self.cases.len()];
        for (place, case) in tokens.iter_mut().zip(&self.cases) {
            *place = case.token.as_bytes();
        }
        let request = self.cases.last().unwrap().request;
        self.answers.clear();
        self.store.verify_many(self.acme, tokens, &request, &mut self.answers).unwrap();
        for (answer, case) in self.answers.iter().zip(&self.cases) {
            if case.request == request {
                let name =
                    answer.as_ref().map_or_else(|denial| denial.reason.name(), |_| "granted");
                assert_eq!(name, case.expected);
            }
        }
    }

    /// Presents those that have not been presented before, which is possible once.
    pub(crate) fn present_fresh(&self) {
        self.fresh.iter().for_each(|case| self.present(case));
    }

    fn present(&self, case: &Case) {
        let answer = self.store.verify(self.acme, case.token.as_bytes(), &case.request);
        let name = match &answer {
            Ok(_) => "granted",
            Err(VerifyError::Denied(denial)) => denial.reason.name(),
            Err(VerifyError::Failed(error)) => panic!("{error}"),
        };
        assert_eq!(name, case.expected);
    }
}

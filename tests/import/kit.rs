//! A store with a capped owner, a second realm and the secrets of another system; its digests.

use keycask::{
    Error, Import, ImportOutcome, ImportRules, KeyId, OwnerChange, Pepper, Request, Scheme, Store,
};
use sha2::{Digest, Sha256, Sha512};

use crate::acme::{Scene, by};

pub const POLICY: &str = "default_life = \"90d\"";

const OTHER: &str = r#"
realm = "other"
[[kind]]
name = "live"
prefix = "other_"
body = 32
"#;

pub fn options() -> keycask::Options {
    let options = Store::options().pepper(Pepper::new(&[7; 32]));
    let options = options.sealing_key(keycask::SealingKey::new(&[8; 32]));
    options.import_secret("old", b"the old pepper").import_secret("net", b"network\0")
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

impl Scene {
    pub fn new() -> Self {
        Self::of(options())
    }

    pub fn of(options: keycask::Options) -> Self {
        let scene = Self::with(options, POLICY);
        scene.store.apply_realm("other.toml", OTHER, &by()).unwrap();
        let capped = OwnerChange::new().plan("two");
        scene.store.set_owner(scene.acme, "p", &capped, &by()).unwrap();
        scene
    }

    pub fn token(&self, text: &str) -> Import {
        Import::token(self.spec(), text).unwrap()
    }

    pub fn digest(&self, scheme: &str, digest: &str) -> Import {
        Import::digest(self.spec(), scheme.parse().unwrap(), digest).unwrap()
    }

    pub fn import(&self, keys: &[Import]) -> Vec<KeyId> {
        let outcomes = self.store.import(keys, &ImportRules::new(), &by()).unwrap();
        let imported = |outcome| match outcome {
            ImportOutcome::Imported(key) => key,
            other => panic!("{other:?}"),
        };
        outcomes.into_iter().map(imported).collect()
    }

    pub fn refused(&self, import: Import) -> Error {
        self.store.import(&[import], &ImportRules::new(), &by()).unwrap_err()
    }

    pub fn key_of(&self, token: &str) -> Option<KeyId> {
        let verdict = self.store.verify(self.acme, token.as_bytes(), &Request::new());
        verdict.ok().map(|grant| grant.key_id)
    }

    /// Keys by their scheme, those of tokens under the empty name.
    pub fn counts(&self) -> Vec<(String, u64)> {
        let name = |scheme: Option<Scheme>| scheme.map(|s| s.to_string()).unwrap_or_default();
        let counts = self.store.imports(self.acme).unwrap().into_iter();
        counts.map(|(scheme, count)| (name(scheme), count)).collect()
    }
}

/// A token of each system, with the import that its table makes.
pub fn systems(scene: &Scene) -> Vec<(&'static str, Import)> {
    let seam = "mycompany_BRTRKFsL_51FwqftsmMDHHbJAMEXXHCgG";
    let base64 = "qNmAAdzTTQAt3Kq2rfEtUShhuBYhPp6IyvaQPAmm9G0=";
    let (unkey, drf, talos) = ("unkey_3ZUkBJcXfrpYP", "BpiHVNMU.hLkTsvVBxB5", "sk_live_51OxAM2Qly");
    let known = Sha256::digest(unkey);
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut spelled = String::new();
    for three in known.chunks(3) {
        let word = three.iter().chain(&[0; 2]).take(3).fold(0_u32, |w, b| w << 8 | u32::from(*b));
        for at in 0..=three.len() {
            spelled.push(char::from(digits[(word >> (18 - 6 * at) & 63) as usize]));
        }
    }
    spelled.push('=');
    assert_eq!(spelled.len(), base64.len());
    let published = "d70d981d87b449c107327c2a2afbf00d4b58070d6ba571aac35d7ea3e7c79f37";
    let mut network = sha2::Sha512_256::new();
    network.update(b"network\0");
    network.update(talos);
    vec![
        (unkey, scene.digest("unkey", &spelled)),
        (seam, scene.digest("seam", published).lead("mycompany_BRTRKFsL_")),
        ("17|vBxB5hLkTsv", scene.digest("sanctum", &sha256("vBxB5hLkTsv")).lead("17|")),
        (drf, scene.digest("drf", &format!("sha512$${}", hex(&Sha512::digest(drf))))),
        (talos, scene.digest("talos:before=net", &hex(&network.finalize()))),
        ("salted-after", scene.digest("sha256:after=old", &sha256("salted-afterthe old pepper"))),
    ]
}

pub fn outcomes(scene: &Scene, keys: &[Import], rules: &ImportRules) -> Vec<ImportOutcome> {
    scene.store.import(keys, rules, &by()).unwrap()
}

pub fn shape(outcomes: &[ImportOutcome]) -> String {
    let letter = |outcome: &ImportOutcome| match outcome {
        ImportOutcome::Imported(_) => 'i',
        ImportOutcome::Known(_) => 'k',
        ImportOutcome::Refused(_) => 'r',
        _ => '?',
    };
    outcomes.iter().map(letter).collect()
}

//! Keys that move in with the tokens of another system, and are found by its digests until they
//! were verified.

use std::collections::BTreeMap;
use std::time::Duration;

use keycask::{ErrorKind, Event, Import, ImportOutcome, ImportRules, Request, Spec};
use sha2::{Digest, Sha256, Sha512};

use super::Part;
use super::dice::Dice;
use super::key::{Key, SCOPES};
use super::life;
use super::world::{World, by};

pub const PART: Part = Part {
    name: "import",
    steps: &[(4, import), (2, again), (1, rehash)],
    agrees: |world, dice| {
        let mut wanted = BTreeMap::<Option<String>, u64>::new();
        for key in world.keys.iter().filter(|key| key.way.is_foreign && !key.swept) {
            let scheme = key.way.scheme.map(|scheme| SCHEMES[scheme].to_owned());
            *wanted.entry(scheme).or_default() += 1;
        }
        let imports = world.store().imports(world.realm).unwrap();
        let imports = imports.into_iter().filter(|(_, keys)| *keys > 0);
        let imports: BTreeMap<_, _> =
            imports.map(|(scheme, keys)| (scheme.map(|scheme| scheme.to_string()), keys)).collect();
        assert_eq!(imports, wanted);
        if let Some(at) = world.pick(dice) {
            // What the other system kept is nobody's token.
            let digest = digest(dice.roll(SCHEMES.len()), &world.keys[at].token);
            let answer = world.store().verify(world.realm, digest.as_bytes(), &Request::new());
            let reason = answer.unwrap_err().denial().unwrap().reason.name();
            assert!(["unknown", "malformed"].contains(&reason), "{reason}");
            world.counted.note(Some(reason));
        }
        life::agrees(world, dice);
    },
    plant: |world| {
        // As a store would that lost the digest of a key when it was verified.
        let moved = world.keys.iter_mut().find(|key| key.way.is_foreign && !key.is_lost());
        moved.map(|key| key.token.push('x')).is_some()
    },
};

/// How the other systems made their digests.
const SCHEMES: [&str; 3] = ["sha256", "sha512", "sha256:before=old"];

/// What one of them hashed before each token.
pub const SECRET: (&str, &[u8]) = ("old", b"the old pepper");

/// How the token of a key is found.
#[derive(Clone, Copy)]
pub struct Way {
    /// The generation of the pepper.
    pub generation: u8,
    /// That generation was retired.
    pub is_lost: bool,
    /// Another system made the token.
    pub is_foreign: bool,
    /// By the digest of which scheme, if not by that of the token.
    scheme: Option<usize>,
    /// It was granted, and is to be found by the token's digest under the present pepper.
    is_noted: bool,
}

impl Way {
    /// That of a key whose token is known, under this generation.
    pub const fn new(generation: u8) -> Self {
        Self { generation, is_lost: false, is_foreign: false, scheme: None, is_noted: false }
    }

    /// It was granted, while this generation is the present one.
    pub fn note(&mut self, generation: u8) {
        self.is_noted |= self.scheme.is_some() || self.generation != generation;
    }

    /// That it was granted is forgotten.
    pub fn forget(&mut self) {
        self.is_noted = false;
    }
}

impl Key {
    /// A reason as the model has it: a token of no shape of the realm is only looked for while
    /// there are imported keys, and is malformed without.
    pub fn known_as(&self, reason: &'static str) -> &'static str {
        if self.way.is_foreign && reason == "malformed" { "unknown" } else { reason }
    }
}

impl World {
    /// What was noted is written. Gives of how many keys.
    pub fn rehashed(&mut self) -> u64 {
        let generation = self.peppers.present;
        let noted = self.keys.iter_mut().filter(|key| key.way.is_noted && !key.swept);
        let moved = noted.map(|key| {
            let is_foreign = key.way.is_foreign;
            key.way = Way { is_foreign, ..Way::new(generation) };
        });
        moved.count() as u64
    }
}

/// The digest in hex.
fn digest(scheme: usize, token: &str) -> String {
    let salted = [SECRET.1, token.as_bytes()].concat();
    let digest = match scheme {
        0 => Sha256::digest(token).to_vec(),
        1 => Sha512::digest(token).to_vec(),
        _ => Sha256::digest(salted).to_vec(),
    };
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn arriving(spec: Spec, token: &str, scheme: Option<usize>) -> Import {
    match scheme {
        None => Import::token(spec, token).unwrap(),
        Some(scheme) => {
            let digest = digest(scheme, token);
            Import::digest(spec, SCHEMES[scheme].parse().unwrap(), &digest).unwrap()
        }
    }
}

/// An import, before which what was noted is written.
fn imported(world: &mut World, key: Import) -> keycask::Result<Vec<ImportOutcome>> {
    world.record();
    let outcomes = world.store().import(&[key], &ImportRules::new(), &by());
    world.rehashed();
    outcomes
}

fn import(world: &mut World, dice: &mut Dice) {
    let (now, owner) = (world.now(), dice.roll(world.owners.len()));
    let (life, scope) = (dice.pick(&[100_000, 10_000_000]), dice.roll(SCOPES.len()));
    let token = format!("legacy|{}", world.keys.len());
    let scheme = dice.pick(&[None, Some(0), Some(1), Some(2)]);
    let spec = Spec::new(world.realm, "live", world.owners[owner].id)
        .scopes([SCOPES[scope]])
        .life(Duration::from_millis(life));
    let key = arriving(spec, &token, scheme);
    let outcomes = imported(world, key);
    match outcomes {
        Ok(outcomes) => {
            assert!(world.admits(owner, None), "one too many was let in");
            let [ImportOutcome::Imported(id)] = outcomes[..] else { panic!("{outcomes:?}") };
            world.tell(Event::KeyImported, id);
            let way = Way { is_foreign: true, scheme, ..world.peppers.way() };
            let span = (now, now + i64::try_from(life).unwrap());
            let key = Key::new(id, token, owner, span, way);
            world.keys.push(Key { scopes: [scope].into(), ..key });
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Cap);
            assert!(!world.admits(owner, None), "one that had a place was kept out: {error}");
        }
    }
}

/// What is there already is known, and is not changed.
fn again(world: &mut World, dice: &mut Dice) {
    let known = |key: &&Key| key.way.is_foreign && !key.is_lost();
    let known: Vec<&Key> = world.keys.iter().filter(known).collect();
    if known.is_empty() {
        return;
    }
    let key = dice.pick(&known);
    let spec = Spec::new(world.realm, "live", world.owners[key.owner].id);
    let import = arriving(spec, &key.token, key.way.scheme);
    let id = key.id;
    let outcomes = imported(world, import).unwrap();
    assert!(matches!(outcomes[..], [ImportOutcome::Known(known)] if known == id), "{outcomes:?}");
}

fn rehash(world: &mut World, _: &mut Dice) {
    world.record();
    let count = world.store().rehash().unwrap();
    assert_eq!(count, world.rehashed());
}

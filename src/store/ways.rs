//! How texts are found: the generations of the pepper, and what digests there are.
//!
//! Nearly every key is found by the digest of its token under the present pepper. A *way* is
//! another one: by the digest under the pepper before, or by one that was made of another
//! system's digest. Ways are looked at only by who found nothing else, and only those that keys
//! of the realm are left on: a realm without any pays one comparison for a refusal.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::versions::Versions;
use crate::digest::{Digest, Digester, ImportSecret, Pepper, Scheme, check_secret_name};
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, RealmRef};
use crate::record::{Imported, KeyRecord};
use crate::token::is_opaque;

/// One generation of the pepper, for use.
pub(super) struct Generation {
    pub number: u8,
    pub digester: Digester,
}

impl Generation {
    pub(super) fn new(number: u8, pepper: Option<Pepper>) -> Arc<Self> {
        Arc::new(Self { number, digester: Digester::new(pepper) })
    }
}

/// What tells how a key is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Way {
    /// Of the pepper.
    pub generation: u8,
    /// Whether another system made the token.
    pub imported: bool,
    /// Of which its digest was made, if not of the token.
    pub scheme: Option<Scheme>,
}

impl Way {
    pub(super) fn of(record: &KeyRecord) -> Self {
        let imported = record.parts.imported.as_ref();
        let scheme = imported.and_then(Imported::found_by).cloned();
        Self { generation: record.pepper, imported: imported.is_some(), scheme }
    }

    fn is_of(&self, record: &KeyRecord) -> bool {
        let imported = record.parts.imported.as_ref();
        self.generation == record.pepper
            && self.imported == imported.is_some()
            && self.scheme.as_ref() == imported.and_then(Imported::found_by)
    }
}

/// Another digest by which keys of a realm are found.
struct Other {
    generation: Arc<Generation>,
    /// With its domain, and its secret.
    scheme: Option<(Scheme, Vec<u8>, Option<Arc<ImportSecret>>)>,
}

impl Other {
    fn digest(&self, token: &[u8]) -> Option<Digest> {
        let digester = &self.generation.digester;
        let Some((scheme, domain, secret)) = &self.scheme else {
            return Some(digester.digest(token));
        };
        let secret = secret.as_ref().map_or(&[][..], |secret| secret.as_bytes());
        let (lead, foreign) = scheme.digest(token, secret)?;
        Some(digester.adopt(domain, lead, &foreign))
    }
}

/// A digest by which a key may be found that is not on the present way.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub digest: Digest,
    /// Whether what the token ends with says where the key stands.
    pub by_end: bool,
}

/// What is tried for texts of one realm.
#[derive(Default)]
struct OfRealm {
    /// Whether tokens of other systems are among its keys.
    imported: bool,
    others: Vec<Other>,
}

/// How texts are found, as decisions read it.
pub(super) struct Ways {
    pub current: Arc<Generation>,
    pub previous: Option<Arc<Generation>>,
    /// By number of the realm. None for those whose keys are all on the present way.
    realms: Vec<Option<OfRealm>>,
}

impl Ways {
    /// Whether texts that are not shaped like tokens of the realm may be keys' all the same.
    #[cold]
    pub(super) fn admit(&self, realm: RealmRef, text: &[u8]) -> bool {
        self.of(realm).is_some_and(|of| of.imported) && is_opaque(text)
    }

    /// The digests by which a key of `realm` may be found that the present one does not find.
    #[inline]
    pub(super) fn others<'t>(
        &self,
        realm: RealmRef,
        token: &'t [u8],
    ) -> impl Iterator<Item = Candidate> + use<'_, 't> {
        let others = self.of(realm).map_or(&[][..], |of| &of.others);
        others.iter().filter_map(move |other| {
            let digest = other.digest(token)?;
            Some(Candidate { digest, by_end: other.scheme.is_none() })
        })
    }

    /// Whether another system made the token of any key.
    pub(super) fn has_imports(&self) -> bool {
        self.realms.iter().flatten().any(|of| of.imported)
    }

    /// Whether a key may be found by anything but the present digest.
    pub(super) fn has_others(&self) -> bool {
        self.realms.iter().flatten().any(|of| !of.others.is_empty())
    }

    /// Whether a key of `realm` may be.
    #[inline]
    pub(super) fn has_others_of(&self, realm: RealmRef) -> bool {
        self.of(realm).is_some_and(|of| !of.others.is_empty())
    }

    /// The generations of the pepper that there are.
    pub(super) fn generations(&self) -> impl Iterator<Item = &Generation> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten().map(|g| &**g)
    }

    #[inline]
    fn of(&self, realm: RealmRef) -> Option<&OfRealm> {
        self.realms.get(usize::from(realm.number()))?.as_ref()
    }
}

/// How many keys are on each way, and what follows for decisions.
pub(super) struct Routes {
    shown: Versions<Ways>,
    /// See [`brought`](Self::brought).
    brought: AtomicU64,
    books: Mutex<Books>,
}

/// What only writers read.
struct Books {
    secrets: HashMap<String, Arc<ImportSecret>>,
    /// Keys on each way but the present one of tokens of our own.
    counts: HashMap<(RealmRef, Way), u64>,
}

impl Routes {
    /// Ways of a store whose keys are `counted`.
    ///
    /// # Errors
    ///
    /// `Pepper` if a secret that keys which are not revoked are found by is not among `secrets`,
    /// or another one is; `Argument` if one is out of its limits, or two have one name.
    pub(super) fn new(
        (current, previous): (Arc<Generation>, Option<Arc<Generation>>),
        secrets: Vec<(String, ImportSecret)>,
        counted: Counted,
        realm_of: impl Fn(KindRef) -> Option<RealmRef>,
    ) -> Result<Self> {
        let secrets = named(secrets)?;
        let counts = counted.finish(&secrets, realm_of)?;
        let books = Books { secrets, counts };
        let shown = Versions::new(books.ways(current, previous));
        Ok(Self { shown, brought: AtomicU64::new(0), books: Mutex::new(books) })
    }

    #[inline]
    pub(super) fn load(&self) -> &Arc<Ways> {
        self.shown.load()
    }

    /// How many commits have brought keys that digests of other systems find. Who reads this, and
    /// then finds that the [ways](Self::load) are still the same, finds all keys of these.
    pub(super) fn brought(&self) -> u64 {
        // Acquire, with the Release of `count`: their keys and their ways are there.
        self.brought.load(Ordering::Acquire)
    }

    /// The secret called `name`.
    ///
    /// # Errors
    ///
    /// `NotFound` if the host gave none of this name.
    pub(super) fn secret(&self, name: &str) -> Result<Arc<ImportSecret>> {
        self.books().secrets.get(name).cloned().ok_or_else(|| {
            let why = format!("import secret {name:?}: the store was opened without it");
            Error::new(ErrorKind::NotFound, why)
        })
    }

    /// How many keys are on each way, of those that are not the present one of our own tokens.
    pub(super) fn counts(&self) -> Vec<(RealmRef, Way, u64)> {
        let books = self.books();
        books.counts.iter().map(|((realm, way), count)| (*realm, way.clone(), *count)).collect()
    }

    /// So many more keys are on these ways, or fewer, which are there, or gone, by now.
    ///
    /// # Errors
    ///
    /// `Internal` if no number is left for another version.
    pub(super) fn count(
        &self,
        changes: impl IntoIterator<Item = (RealmRef, Way, i64)>,
    ) -> Result<()> {
        let mut books = self.books();
        let ways = self.load();
        let (mut differ, mut brings) = (false, false);
        for (realm, way, change) in changes {
            brings |= way.scheme.is_some() && change > 0;
            if !way.imported && way.generation == ways.current.number {
                continue;
            }
            let count = books.counts.entry((realm, way)).or_default();
            let before = *count;
            *count = count.saturating_add_signed(change);
            differ |= (before == 0) != (*count == 0);
        }
        if differ {
            books.counts.retain(|_, count| *count > 0);
            self.show(books.ways(Arc::clone(&ways.current), ways.previous.clone()))?;
        }
        // Release, with the Acquire of `brought`.
        self.brought.fetch_add(brings.into(), Ordering::Release);
        Ok(())
    }

    /// The pepper was rotated or retired: `current` and `previous` are what there is, and keys
    /// are on the ways that were `counted`.
    ///
    /// # Errors
    ///
    /// As for [`count`](Self::count).
    pub(super) fn turn(
        &self,
        current: Arc<Generation>,
        previous: Option<Arc<Generation>>,
        counted: HashMap<(RealmRef, Way), u64>,
    ) -> Result<()> {
        let mut books = self.books();
        books.counts = counted;
        self.show(books.ways(current, previous))
    }

    fn show(&self, ways: Ways) -> Result<()> {
        let shown = self.shown.swap(Arc::new(ways));
        shown.map(drop).ok_or_else(|| {
            Error::new(ErrorKind::Internal, "no number is left for another way to find keys")
        })
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn ways(&self, current: Arc<Generation>, previous: Option<Arc<Generation>>) -> Ways {
        let mut realms: BTreeMap<RealmRef, OfRealm> = BTreeMap::new();
        let mut present: Vec<_> = self.counts.keys().collect();
        // Digests of our own first: they cost least and most keys are on them.
        present.sort_by_key(|(realm, way)| (*realm, way.scheme.as_ref().map(Scheme::to_string)));
        for (realm, way) in present {
            let of = realms.entry(*realm).or_default();
            of.imported |= way.imported;
            // Of a generation that was retired, only revoked keys are left, which nothing finds.
            let is_its = |g: &&Arc<Generation>| g.number == way.generation;
            let mut generations = [Some(&current), previous.as_ref()].into_iter().flatten();
            let Some(generation) = generations.find(is_its) else { continue };
            let is_present = generation.number == current.number && way.scheme.is_none();
            let known = way.scheme.is_none() && of.others.iter().any(|o| o.scheme.is_none());
            if is_present || known {
                continue;
            }
            let secret = way.scheme.as_ref().and_then(Scheme::secret);
            let secret = secret.map(|name| self.secrets.get(name).cloned());
            // Then only revoked keys are left on it, and are unknown.
            let Some(secret) = secret.map_or(Some(None), |given| given.map(Some)) else { continue };
            let check = secret.as_ref().map(|secret| secret.check()).unwrap_or_default();
            let scheme = way.scheme.clone().map(|scheme| {
                let domain = scheme.domain(check);
                (scheme, domain, secret)
            });
            of.others.push(Other { generation: Arc::clone(generation), scheme });
        }
        let last = realms.keys().next_back().map(|realm| realm.number());
        let numbers = last.into_iter().flat_map(|last| 0..=last).map(RealmRef::new);
        let realms = numbers.map(|realm| realms.remove(&realm)).collect();
        Ways { current, previous, realms }
    }
}

/// The secrets by their names.
fn named(given: Vec<(String, ImportSecret)>) -> Result<HashMap<String, Arc<ImportSecret>>> {
    let mut secrets = HashMap::new();
    for (name, secret) in given {
        check_secret_name(&name)?;
        secret.check_len(&name)?;
        if secrets.insert(name.clone(), Arc::new(secret)).is_some() {
            let why = format!("import secret {name:?}: is given twice");
            return Err(Error::new(ErrorKind::Argument, why));
        }
    }
    Ok(secrets)
}

/// Keys by kind and way, as they are read.
#[derive(Default)]
pub(super) struct Counted {
    /// The present generation, whose own tokens are not counted.
    current: u8,
    previous: Option<u8>,
    counts: Vec<(KindRef, Way, u64)>,
    checks: HashMap<String, [u8; 4]>,
}

impl Counted {
    pub(super) fn new(current: u8, previous: Option<u8>) -> Self {
        Self { current, previous, ..Self::default() }
    }

    /// Takes a key into account.
    ///
    /// # Errors
    ///
    /// `Corrupt` for a key of a generation that there is not; `Pepper` if two secrets have one
    /// name.
    pub(super) fn see(&mut self, record: &KeyRecord) -> Result<()> {
        if record.pepper == self.current && record.parts.imported.is_none() {
            return Ok(());
        }
        self.see_other(record)
    }

    fn see_other(&mut self, record: &KeyRecord) -> Result<()> {
        let lives = record.pepper == self.current || Some(record.pepper) == self.previous;
        if !lives && record.state != State::Revoked {
            let why = format!(
                "{}: it is of generation {} of the pepper, which there is not",
                record.key_id, record.pepper
            );
            return Err(Error::new(ErrorKind::Corrupt, why));
        }
        // A revoked key is refused whether it is found or not, so it needs no secret.
        if let Some(Imported::Digest { scheme, check, .. }) = &record.parts.imported
            && record.state != State::Revoked
            && let Some(name) = scheme.secret()
            && self.checks.get(name) != Some(check)
            && self.checks.insert(name.to_owned(), *check).is_some()
        {
            let why = format!("import secret {name:?}: keys were imported with two of this name");
            return Err(Error::new(ErrorKind::Pepper, why));
        }
        let is_its =
            |(kind, way, _): &&mut (KindRef, Way, u64)| *kind == record.kind && way.is_of(record);
        match self.counts.iter_mut().find(is_its) {
            Some((.., count)) => *count = count.saturating_add(1),
            None => self.counts.push((record.kind, Way::of(record), 1)),
        }
        Ok(())
    }

    fn finish(
        self,
        secrets: &HashMap<String, Arc<ImportSecret>>,
        realm_of: impl Fn(KindRef) -> Option<RealmRef>,
    ) -> Result<HashMap<(RealmRef, Way), u64>> {
        for (name, check) in &self.checks {
            let why = match secrets.get(name) {
                None => "keys are found by it, and it is not given",
                Some(secret) if secret.check() != *check => {
                    "it is not the one that keys were imported with"
                }
                Some(_) => continue,
            };
            return Err(Error::new(ErrorKind::Pepper, format!("import secret {name:?}: {why}")));
        }
        Ok(self.by_realm(realm_of))
    }

    /// What was counted, by realm.
    pub(super) fn by_realm(
        self,
        realm_of: impl Fn(KindRef) -> Option<RealmRef>,
    ) -> HashMap<(RealmRef, Way), u64> {
        let mut counts = HashMap::new();
        for (kind, way, count) in self.counts {
            if let Some(realm) = realm_of(kind) {
                let sum: &mut u64 = counts.entry((realm, way)).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        counts
    }
}

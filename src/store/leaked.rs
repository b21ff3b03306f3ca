//! Find tokens of the store's kinds in a text, and tell which are live.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;

use super::find::Text;
use super::{Realms, Store};
use crate::error::Result;
use crate::ids::{KindRef, RealmRef};
use crate::leak::{Alert, Alerts, Candidate, Leak, Leaks, Scanner};
use crate::policy::{Required, Step, survey};
use crate::realm::Kind;
use crate::request::Request;
use crate::scope::ScopeSet;
use crate::token::Checksum;
use crate::verdict::Reason;

impl Store {
    /// Reads `text` to its end, tells `found` of each token in it that belongs to a kind of this
    /// store, of whatever realm, and of which key it is.
    ///
    /// A key's token is found wherever it stands, also in the middle of a word or over another. A
    /// text that has a kind's shape and is no key's is told of too, as
    /// [`Unknown`](Reason::Unknown), if its checksum is right or, in a kind without one, if it
    /// stands alone: neither the byte before it nor the one after it is one of `0-9A-Za-z`.
    ///
    /// It decides as [`verify`](Self::verify) does, for a request that needs no scope and comes
    /// from an address that the key allows, and leaves no trace: no rate, quota, count or last
    /// use. The text is not trusted: it takes some 128 KB of memory and a time that grows as its
    /// length, whatever it is, and is wiped from there. A store that was opened read-only tells of
    /// the keys as of its opening.
    ///
    /// A key of which a token was found is best [revoked](Self::end_many), whatever refuses it
    /// today. Keys that were imported with tokens of other shapes cannot be found.
    ///
    /// # Errors
    ///
    /// `Io` if the text cannot be read; what `found` gives ends the search.
    pub fn leaked(
        &self,
        text: impl Read,
        mut found: impl FnMut(&Leak) -> Result<()>,
    ) -> Result<Leaks> {
        let mut search = Search::new(self)?;
        search.run(text, &mut found)?;
        Ok(search.leaks())
    }

    /// The same in the secrets of `alerts`, each with its alert. Places count within a secret.
    ///
    /// # Errors
    ///
    /// What `found` gives ends the search.
    pub fn leaked_alerts(
        &self,
        alerts: &Alerts,
        mut found: impl FnMut(&Alert, &Leak) -> Result<()>,
    ) -> Result<Leaks> {
        let mut search = Search::new(self)?;
        for (alert, secret) in alerts.iter() {
            search.run(secret.as_bytes(), &mut |leak: &Leak| found(alert, leak))?;
        }
        Ok(search.leaks())
    }
}

/// A search with what it came to so far.
struct Search<'s> {
    store: &'s Store,
    realms: Arc<Realms>,
    /// In the order of the scanner's shapes.
    kinds: Vec<(RealmRef, KindRef)>,
    scanner: Scanner,
    leaks: Leaks,
    keys: BTreeSet<crate::key_id::KeyId>,
}

impl<'s> Search<'s> {
    fn new(store: &'s Store) -> Result<Self> {
        store.storage.at_home()?;
        let realms = Arc::clone(store.realms.load());
        let (mut kinds, mut shapes) = (Vec::new(), Vec::new());
        for (realm, number) in realms.kinds() {
            if let Some(kind) = realm.kind(number) {
                kinds.push((realm.reference(), number));
                shapes.push(kind.shape.clone());
            }
        }
        let scanner = Scanner::new(shapes)?;
        Ok(Self { store, realms, kinds, scanner, leaks: Leaks::default(), keys: BTreeSet::new() })
    }

    fn run(&mut self, text: impl Read, found: &mut impl FnMut(&Leak) -> Result<()>) -> Result<()> {
        let Self { store, realms, kinds, scanner, leaks, keys } = self;
        let bytes = scanner.scan(text, |candidate| {
            let kinds = candidate.shapes.iter().filter_map(|number| kinds.get(*number).copied());
            let told = store.leaks_of(realms, kinds, candidate);
            leaks.found = leaks.found.saturating_add(u64::from(!told.is_empty()));
            keys.extend(told.iter().filter(|leak| leak.is_open()).filter_map(|leak| leak.key));
            told.iter().try_for_each(&mut *found)
        })?;
        leaks.bytes = leaks.bytes.saturating_add(bytes);
        Ok(())
    }

    fn leaks(self) -> Leaks {
        Leaks { keys: self.keys.into_iter().collect(), ..self.leaks }
    }
}

impl Store {
    /// What a text that has the shape of `kinds` is, as far as it is to be told of: a token that
    /// was imported into several realms is a key of each.
    fn leaks_of(
        &self,
        realms: &Realms,
        kinds: impl Iterator<Item = (RealmRef, KindRef)> + Clone,
        candidate: &Candidate<'_>,
    ) -> Vec<Leak> {
        let (mut leaks, mut asked) = (Vec::new(), None);
        for (realm, _) in kinds.clone() {
            if asked.replace(realm) == Some(realm) {
                continue;
            }
            let Ok(bound) = realms.get(realm) else { continue };
            let text = Text { bound, ways: self.routes.load(), token: candidate.token };
            let Ok((_, known)) = self.look_up(text, &Request::new()) else { continue };
            let Some(kind) = bound.realm.kind(known.entry.kind) else { continue };
            let nothing = Required::Scopes(ScopeSet::empty());
            let steps = survey(&known.found().facts(), nothing, self.mark.now()).into_iter();
            // A text comes from no address: whoever reads it may be where the key allows.
            let refused = steps.filter(|(step, _)| *step != Step::Network).find_map(|(_, it)| it);
            leaks.push(Leak {
                place: candidate.place,
                realm,
                kind: known.entry.kind,
                hint: hint(kind, candidate.token),
                key: Some(known.entry.key_id),
                owner: Some(known.entry.owner),
                refused,
            });
        }
        if !leaks.is_empty() {
            return leaks;
        }
        let unknown = kinds.into_iter().find_map(|(realm, number)| {
            let kind = realms.get(realm).ok()?.realm.kind(number)?;
            let likely = candidate.stands_alone || kind.shape.checksum() != Checksum::None;
            likely.then(|| Leak {
                place: candidate.place,
                realm,
                kind: number,
                hint: hint(kind, candidate.token),
                key: None,
                owner: None,
                refused: Some(Reason::Unknown),
            })
        });
        leaks.extend(unknown);
        leaks
    }
}

/// Prefix and last four characters of a token of `kind`.
fn hint(kind: &Kind, token: &[u8]) -> String {
    let last_four = token.last_chunk::<4>().map_or(&[][..], |chunk| chunk);
    format!("{}...{}", kind.shape.prefix(), String::from_utf8_lossy(last_four))
}

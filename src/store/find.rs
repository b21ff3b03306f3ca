//! Find the key of a text, with all that decides about it.

use std::ptr;

use super::Store;
use super::noted::Twins;
use super::realms::Bound;
use super::ways::Ways;
use crate::digest::{Address, Digest, Locator};
use crate::entry::{Entry, OwnerEntry, Side, State};
use crate::index::{Approach, Missing};
use crate::key_id::KeyId;
use crate::policy::Facts;
use crate::realm::Rights;
use crate::request::Request;
use crate::verdict::{Denial, Reason};

/// A text, and what it is looked for in.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub bound: &'a Bound,
    pub ways: &'a Ways,
    pub token: &'a [u8],
}

/// A text that is shaped like a token of the realm: the digest that tells whose it is, and the
/// way to where such a key stands.
#[derive(Clone, Copy)]
pub(super) struct Presented<'s> {
    pub approach: Approach<'s>,
    pub digest: Digest,
}

/// A key that a token was found to be of, with all that decides about it.
///
/// What is called rarely takes it by value, as it does [`Presented`]: so on the way of most
/// decisions its fields are in registers, and it stands nowhere.
#[derive(Clone, Copy)]
pub(super) struct Found<'b> {
    pub entry: Entry,
    pub side: Option<&'b Side>,
    pub owner: Option<&'b OwnerEntry>,
    pub rights: Rights,
}

/// What is read of a key besides its entry; of most keys nothing is.
#[derive(Default)]
pub(super) struct Beside {
    side: Option<Side>,
    owner: Option<OwnerEntry>,
}

/// The same as [`Found`], with room of its own.
pub(super) struct Known {
    pub entry: Entry,
    /// Whether a digest of the token itself found it, and not one of another system's digest.
    of_token: bool,
    beside: Beside,
    rights: Rights,
}

impl Known {
    pub(super) fn found(&self) -> Found<'_> {
        let Self { entry, beside: Beside { side, owner }, rights, .. } = self;
        Found { entry: *entry, side: side.as_ref(), owner: owner.as_ref(), rights: *rights }
    }

    /// Whether it decides, whatever other keys its text finds.
    fn ends_search(&self) -> bool {
        self.of_token || self.entry.state == State::Revoked
    }
}

/// The key that decides about a text that the present digest does not find.
pub(super) struct Otherwise<'s> {
    pub presented: Presented<'s>,
    pub known: Known,
    /// The other keys that the text finds.
    pub twins: Twins,
}

impl Found<'_> {
    /// A denial for a reason. Who accepts no key of its kind is not told of the key.
    pub(super) fn refused(&self, reason: Reason) -> Denial {
        match reason {
            Reason::Unknown => Denial::UNKNOWN,
            _ => Denial { reason, key: Some(self.entry.key_id) },
        }
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts { entry: &self.entry, side: self.side, owner: self.owner, rights: self.rights }
    }
}

impl Store {
    /// What finds the key of a text that is shaped like a token of the realm or, if it has keys
    /// that were imported, may be one of theirs. While the text is hashed, memory fetches where
    /// the key stands.
    #[inline(always)]
    pub(super) fn recognise(&self, text: Text<'_>) -> Result<Presented<'_>, Denial> {
        let Text { bound, ways, token } = text;
        if let Err(malformed) = bound.realm.grammar().parse(token)
            && !ways.admit(bound.realm.reference(), token)
        {
            return Err(Denial::shapeless(malformed));
        }
        let approach = self.index.approach(Locator::of_token(token));
        Ok(Presented { approach, digest: ways.current.digester.digest(token) })
    }

    /// The key of a text, if one look shows that it is one's of the realm.
    #[inline(always)]
    pub(super) fn look<'b>(
        &self,
        bound: &Bound,
        presented: &Presented<'_>,
        request: &Request,
        beside: &'b mut Beside,
    ) -> Result<Found<'b>, Missing> {
        let looks = self.looks_at_owners(bound);
        let Beside { side, owner } = beside;
        let Presented { approach, digest } = presented;
        let entry = self.index.look(approach, digest, request.address, looks, (side, owner))?;
        let rights = bound.rights(entry.kind).ok_or(Missing::Nowhere)?;
        Ok(Found { entry, side: side.as_ref(), owner: owner.as_ref(), rights })
    }

    /// The same, looked for until it is sure.
    ///
    /// # Errors
    ///
    /// Unknown if it changes all the while: as it may be there, no other is to be asked for.
    pub(super) fn find(
        &self,
        bound: &Bound,
        presented: &Presented<'_>,
        request: &Request,
    ) -> Result<Option<Known>, Denial> {
        let Presented { approach, digest } = presented;
        let (entry, (side, owner)) = match self.index.find_owned(approach, digest, request.address)
        {
            Ok(found) => found,
            Err(Missing::Nowhere) => return Ok(None),
            Err(Missing::Unsure) => return Err(Denial::UNKNOWN),
        };
        let beside = Beside { side, owner: Some(owner) };
        let known = |rights| Known { entry, of_token: true, beside, rights };
        Ok(bound.rights(entry.kind).map(known))
    }

    /// Whether decisions in a realm need the owners of keys.
    #[inline]
    fn looks_at_owners(&self, bound: &Bound) -> bool {
        bound.reads_owner || self.index.suspended_owners() > 0
    }

    /// The key of a text that the present digest does not find, by the others that there are, and
    /// what found it: the one that has the token or, of those that came with digests of it, the
    /// first that the request accepts; but one that is revoked, for then the token is.
    ///
    /// # Errors
    ///
    /// That of [`find`](Self::find).
    #[cold]
    #[inline(never)]
    pub(super) fn find_otherwise<'s>(
        &'s self,
        text: Text<'_>,
        request: &Request,
    ) -> Result<Option<Otherwise<'s>>, Denial> {
        let mut one: Option<(Presented<'s>, Known)> = None;
        let mut twins = Twins::default();
        // There is one for each: a scheme finds one key, and the token itself another at most.
        let mut places = twins.iter_mut();
        for other in self.each_otherwise(text, request) {
            // What cannot be made out may be revoked.
            let found = other?;
            let is_it = match &one {
                Some((_, before)) => !before.ends_search() && found.1.ends_search(),
                None => found.1.ends_search() || text.bound.accepts(found.1.entry.kind, request),
            };
            let beside = if is_it { one.replace(found) } else { Some(found) };
            for ((_, twin), place) in beside.into_iter().zip(places.by_ref()) {
                *place = Some(twin.entry.key_id);
            }
        }
        Ok(one.map(|(presented, known)| Otherwise { presented, known, twins }))
    }

    /// Each key of a text that another digest than the present one finds, and what found it: more
    /// than one if the token was imported more than once. After an error, which is that of
    /// [`find`](Self::find), none is to be asked for.
    #[cold]
    #[inline(never)]
    pub(super) fn each_otherwise<'s: 't, 't>(
        &'s self,
        text: Text<'t>,
        request: &'t Request,
    ) -> impl Iterator<Item = Result<(Presented<'s>, Known), Denial>> + use<'s, 't> {
        let Text { bound, ways, token } = text;
        ways.others(bound.realm.reference(), token).filter_map(move |candidate| {
            let locator = match candidate.by_end {
                true => Locator::of_token(token),
                false => Locator::of_digest(candidate.digest.words()),
            };
            let approach = self.index.approach(locator);
            let presented = Presented { approach, digest: candidate.digest };
            let known = self.find(bound, &presented, request).transpose()?;
            Some(known.map(|known| (presented, Known { of_token: candidate.by_end, ..known })))
        })
    }

    /// The key of a text, if it is one's, of a kind that the request accepts, and what found it;
    /// or why it is nobody's.
    pub(super) fn look_up(
        &self,
        text: Text<'_>,
        request: &Request,
    ) -> Result<(Presented<'_>, Known), Denial> {
        let mut text = text;
        // As for a decision: other ways cost the writer a commit each time.
        loop {
            let presented = self.recognise(text)?;
            let find = || self.find(text.bound, &presented, request);
            let accepted = |presented, known: Known| {
                let is_accepted = text.bound.accepts(known.entry.kind, request);
                is_accepted.then_some((presented, known)).ok_or(Denial::UNKNOWN)
            };
            if let Some(known) = find()? {
                return accepted(presented, known);
            }
            let otherwise = self.find_otherwise(text, request)?;
            // If it came over between the looks, a twin may have been found.
            match (find()?, self.renewed(text), otherwise) {
                (Some(known), ..) => return accepted(presented, known),
                (None, Some(renewed), _) => text = renewed,
                (None, None, Some(it)) => return accepted(it.presented, it.known),
                (None, None, None) => return Err(Denial::UNKNOWN),
            }
        }
    }

    /// The text, to be looked for in the ways that there are by now; none if they are the same.
    #[inline]
    pub(super) fn renewed<'a>(&'a self, text: Text<'a>) -> Option<Text<'a>> {
        let ways = &**self.routes.load();
        (!ptr::eq(ways, text.ways)).then_some(Text { ways, ..text })
    }

    /// The key of `token` and what finds it in memory, whatever would be decided about it; or
    /// why it is nobody's.
    pub(super) fn held(&self, text: Text<'_>) -> Result<(KeyId, Address), Denial> {
        let (presented, known) = self.look_up(text, &Request::new())?;
        Ok((known.entry.key_id, presented.approach.address(presented.digest.words())))
    }
}

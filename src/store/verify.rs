//! Verify a token.

use std::{array, ptr};

use super::Store;
use super::charge::Halt;
use super::noted::Verified;
use super::realms::Bound;
use super::ways::Ways;
use crate::digest::{Address, Digest, Locator};
use crate::entry::{Entry, OwnerEntry, Side};
use crate::error::Result;
use crate::ids::RealmRef;
use crate::index::Approach;
use crate::key_id::KeyId;
use crate::policy::{Facts, Required, decide};
use crate::realm::Rights;
use crate::request::Request;
use crate::time::Timestamp;
use crate::token::Malformed;
use crate::verdict::{Denial, Grant, Reason, VerifyError};

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
    approach: Approach<'s>,
    digest: Digest,
}

/// How often a decision begins anew for a key that changes under it.
const ATTEMPTS: usize = 64;

/// Tokens of a batch that are hashed before the first of them is decided.
const GROUP: usize = 64;

/// A key that a token was found to be of, with all that decides about it.
pub(super) struct Found {
    pub entry: Entry,
    pub side: Option<Side>,
    pub owner: Option<OwnerEntry>,
    pub rights: Rights,
}

impl Found {
    fn refused(&self, reason: Reason) -> Denial {
        Denial { reason, key: Some(self.entry.key_id) }
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            entry: &self.entry,
            side: self.side.as_ref(),
            owner: self.owner.as_ref(),
            rights: self.rights,
        }
    }
}

impl Store {
    /// Decides whether `token` may do what `request` needs in `realm`.
    ///
    /// From memory alone: it reads no file and takes no lock that a writer holds, but for a key
    /// with a [quota](crate::Quota) of which too few credits are in memory, which makes a commit.
    /// Once a call
    /// that revokes, suspends or narrows a key has returned, no verify that begins after it
    /// grants what was taken away. The checks stand in the order of [`Reason`]; rates and
    /// the quota are charged last, so a denial charges nothing.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Denied`] with the first reason that applies; [`VerifyError::Failed`] if
    /// this store has no such realm.
    pub fn verify(
        &self,
        realm: RealmRef,
        token: &[u8],
        request: &Request,
    ) -> Result<Grant, VerifyError> {
        self.storage.at_home()?;
        let realms = self.realms.load();
        let realm = realms.get(realm)?;
        let text = Text { bound: realm, ways: self.routes.load(), token };
        let required = Required::Scopes(request.required);
        let presented = self.recognise(text);
        let verdict =
            presented.and_then(|presented| self.rule(text, &presented, request, required, None));
        Ok(self.shown(verdict, realm, request)?)
    }

    /// Decides about several tokens as [`verify`](Self::verify) decides about each, in their
    /// order: the answers are the same and have the same effects. The clock is read once for up to
    /// 64 of them, after they were hashed.
    ///
    /// Faster a token: while one waits for memory, others are hashed. The answers are put to
    /// the end of `answers`; if that is a `Vec` with room, nothing is allocated.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has no such realm: then there are no answers.
    pub fn verify_many(
        &self,
        realm: RealmRef,
        tokens: &[&[u8]],
        request: &Request,
        answers: &mut impl Extend<Result<Grant, Denial>>,
    ) -> Result<()> {
        self.storage.at_home()?;
        let realms = self.realms.load();
        let bound = realms.get(realm)?;
        let required = Required::Scopes(request.required);
        for group in tokens.chunks(GROUP) {
            let ways = self.routes.load();
            let mut presented = [const { Err(Malformed::Prefix) }; GROUP];
            // What has no shape is not hashed: the others close the gaps.
            let (mut texts, mut count): ([&[u8]; GROUP], _) = ([&[]; GROUP], 0);
            for (token, place) in group.iter().zip(&mut presented) {
                *place = bound.realm.grammar().parse(token).map(|_| {
                    if let Some(text) = texts.get_mut(count) {
                        (*text, count) = (token, count.saturating_add(1));
                    }
                    let approach = self.index.approach_first(Locator::of_token(token));
                    Presented { approach, digest: Digest::NONE }
                });
            }
            let digests =
                ways.current.digester.digests::<GROUP>(texts.get(..count).unwrap_or_default());
            for (presented, digest) in presented.iter_mut().flatten().zip(digests) {
                presented.digest = digest;
                self.index.approach_others(&presented.approach, &digest);
            }
            let now = Some(request.at.unwrap_or_else(|| self.mark.now()));
            answers.extend(group.iter().zip(&presented).map(|(token, presented)| {
                let text = Text { bound, ways, token };
                let verdict = match presented {
                    Ok(presented) => self.rule(text, presented, request, required, now),
                    Err(malformed) if !ways.admit(bound.realm.reference(), token) => {
                        Err(Denial::shapeless(*malformed))
                    }
                    Err(_) => {
                        let presented = self.recognise(text);
                        presented.and_then(|p| self.rule(text, &p, request, required, now))
                    }
                };
                self.shown(verdict, bound, request)
            }));
        }
        Ok(())
    }

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

    /// The rest of a decision, at `now` if that was read already. The text is needed only if what
    /// was presented finds no key.
    #[inline(always)]
    pub(super) fn rule(
        &self,
        text: Text<'_>,
        presented: &Presented<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        match self.find(text.bound, presented, request) {
            Some(found) => self.rule_found(text.bound, presented, &found, request, required, now),
            None => self.rule_otherwise(text, presented, request, required, now),
        }
    }

    /// Decides about a key that was found by what was presented.
    #[inline(always)]
    fn rule_found(
        &self,
        bound: &Bound,
        presented: &Presented<'_>,
        found: &Found,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        match self.judge(bound, presented, found, request, required, now) {
            Ok(grant) => Ok(grant),
            Err(Halt::Refused(reason)) => Err(found.refused(reason)),
            Err(Halt::Anew | Halt::Wanting) => {
                self.rule_anew(bound, presented, request, required, now)
            }
        }
    }

    /// Decides about a text that the present digest finds no key of. If there are other ways by
    /// now, the key may have come over to one of them: then it is looked for anew.
    #[cold]
    #[inline(never)]
    fn rule_otherwise(
        &self,
        text: Text<'_>,
        presented: &Presented<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        let verdict = self.rule_by_others(text, presented, request, required, now);
        let ways = &**self.routes.load();
        match verdict {
            Err(Denial { key: None, .. }) if !ptr::eq(ways, text.ways) => {
                let text = Text { ways, ..text };
                let presented = self.recognise(text)?;
                self.rule(text, &presented, request, required, now)
            }
            verdict => verdict,
        }
    }

    /// Decides about a text by the other digests that there are. If one finds a key, notes what
    /// the key's digest is to be.
    fn rule_by_others(
        &self,
        text: Text<'_>,
        presented: &Presented<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        let Text { bound, ways, token } = text;
        if !ways.has_others_of(bound.realm.reference()) {
            return Err(Denial::UNKNOWN);
        }
        let mut others = self.find_otherwise(text, request);
        if let Some((other, found)) = others.next() {
            match self.rule_found(bound, &other, &found, request, required, now) {
                Ok(grant) => {
                    let mut twins = others.map(|(_, twin)| twin.entry.key_id);
                    self.noted.note(&Verified {
                        key_id: found.entry.key_id,
                        found: other.digest.words(),
                        digest: presented.digest,
                        generation: ways.current.number,
                        last_four: token.last_chunk().copied().unwrap_or_default(),
                        twins: array::from_fn(|_| twins.next()),
                    });
                    return Ok(grant);
                }
                Err(denial) if denial.key.is_some() => return Err(denial),
                Err(_) => {}
            }
        }
        // It is nobody's, or came over between the looks: it has its new digest before it loses
        // the old one.
        let found = self.find(bound, presented, request).ok_or(Denial::UNKNOWN)?;
        self.rule_found(bound, presented, &found, request, required, now)
    }

    /// The same, for a key that had changed before it was charged, or of whose quota too few
    /// credits are in memory. A change costs the writer one each time; after [`ATTEMPTS`] of them
    /// the key is refused. Credits that others take first cost the file some each time.
    #[cold]
    #[inline(never)]
    fn rule_anew(
        &self,
        bound: &Bound,
        presented: &Presented<'_>,
        request: &Request,
        required: Required,
        mut now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        let mut changes = 0;
        while changes < ATTEMPTS {
            let found = self.find(bound, presented, request).ok_or(Denial::UNKNOWN)?;
            let leased = match self.judge(bound, presented, &found, request, required, now) {
                Ok(grant) => return Ok(grant),
                Err(Halt::Refused(reason)) => return Err(found.refused(reason)),
                Err(Halt::Anew) => false,
                Err(Halt::Wanting) => {
                    // That is a commit: the present has moved on.
                    now = None;
                    let leased = self.lease_for(found.side.as_ref(), request);
                    leased.map_err(|reason| found.refused(reason))?
                }
            };
            changes = if leased { changes } else { changes + 1 };
        }
        Err(Denial::UNKNOWN)
    }

    /// Decides about a key that was found.
    #[inline(always)]
    fn judge(
        &self,
        bound: &Bound,
        presented: &Presented<'_>,
        found: &Found,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Halt> {
        let realm = &*bound.realm;
        let entry = &found.entry;
        let now = request.at.or(now).unwrap_or_else(|| self.mark.now());
        let scopes = decide(&found.facts(), required, now).inspect_err(|reason| {
            if request.at.is_none() {
                self.remember(presented, found, *reason);
            }
        })?;
        let (rate, credits) = self.charge(realm, found, request, now)?;
        let keeps_use = |side: &Side| realm.policy().usage || side.idle_at != Timestamp::NEVER;
        if let Some(side) = entry.side
            && found.side.as_ref().is_some_and(keeps_use)
        {
            // A time that the caller named, or one wild reading, may be far off, and a use never
            // goes back.
            let used = request.at.map_or(now, |at| at.min(self.mark.now()));
            self.index.touch(side, entry.key_id, used, |used| self.mark.most(used));
        }
        let grant = Grant {
            key_id: entry.key_id,
            realm: realm.reference(),
            kind: entry.kind,
            owner: entry.owner,
            scopes,
            end: entry.end,
            in_grace: entry.in_grace,
            rate,
            credits,
        };
        if let Some(observer) = &self.observer {
            let last = found.side.as_ref().and_then(|side| side.last_used);
            observer.granted(&grant, request, now, last);
        }
        Ok(grant)
    }

    /// The verdict, once a denial was shown to who looks at decisions. A grant was already.
    #[inline(always)]
    pub(super) fn shown(
        &self,
        verdict: Result<Grant, Denial>,
        bound: &Bound,
        request: &Request,
    ) -> Result<Grant, Denial> {
        self.counts.verdict(&verdict);
        if let (Some(observer), Err(denial)) = (&self.observer, &verdict) {
            self.show_denial(observer, *denial, bound.realm.reference(), request);
        }
        verdict
    }

    /// Remembers what a clock that steps back must not undo.
    #[cold]
    fn remember(&self, presented: &Presented<'_>, found: &Found, reason: Reason) {
        match (reason, &found.side) {
            (Reason::Expired, _) if !found.entry.expired => {
                let end = found.entry.end;
                self.index.mark_expired(&presented.approach, &presented.digest, end);
            }
            (Reason::Idle, Some(side)) => self.index.mark_idle(&found.entry, side),
            _ => {}
        }
    }

    /// The key of a text, if it is one's, of `realm` and of a kind that the request accepts.
    #[inline(always)]
    fn find(&self, bound: &Bound, presented: &Presented<'_>, request: &Request) -> Option<Found> {
        let looks = bound.reads_owner || self.index.suspended_owners() > 0;
        let Presented { approach, digest } = presented;
        let (entry, side) = self.index.find(approach, digest, request.address, looks)?;
        let kind = bound.realm.kind(entry.kind)?;
        if !request.kinds.meets(bound.realm.mask(entry.kind)) {
            return None;
        }
        let owner = if looks { Some(self.index.owner(entry.owner)?) } else { None };
        let rights = bound.rights(entry.kind, kind);
        Some(Found { entry, side, owner, rights })
    }

    /// The key of a text that the present digest does not find, by the others that there are, and
    /// what found it. Then others that it has, if the token was imported more than once.
    #[cold]
    #[inline(never)]
    fn find_otherwise<'s: 't, 't>(
        &'s self,
        text: Text<'t>,
        request: &'t Request,
    ) -> impl Iterator<Item = (Presented<'s>, Found)> + use<'s, 't> {
        let Text { bound, ways, token } = text;
        ways.others(bound.realm.reference(), token).filter_map(move |candidate| {
            let locator = match candidate.by_end {
                true => Locator::of_token(token),
                false => Locator::of_digest(candidate.digest.words()),
            };
            let approach = self.index.approach(locator);
            let presented = Presented { approach, digest: candidate.digest };
            let found = self.find(bound, &presented, request)?;
            Some((presented, found))
        })
    }

    /// The key of a text, if it is one's, of a kind that the request accepts, and what found it;
    /// or why it is nobody's.
    pub(super) fn look_up(
        &self,
        text: Text<'_>,
        request: &Request,
    ) -> Result<(Presented<'_>, Found), Denial> {
        let presented = self.recognise(text)?;
        match self.find(text.bound, &presented, request) {
            Some(found) => Ok((presented, found)),
            None => {
                let otherwise = self.find_otherwise(text, request).next();
                // As above: it may have come over between the looks.
                let again = || Some((presented, self.find(text.bound, &presented, request)?));
                match (otherwise.or_else(again), self.routes.load()) {
                    (Some(found), _) => Ok(found),
                    (None, ways) if ptr::eq(&**ways, text.ways) => Err(Denial::UNKNOWN),
                    (None, ways) => self.look_up(Text { ways, ..text }, request),
                }
            }
        }
    }

    /// The key of `token` and what finds it in memory, whatever would be decided about it; or
    /// why it is nobody's.
    pub(super) fn held(&self, text: Text<'_>) -> Result<(KeyId, Address), Denial> {
        let (presented, found) = self.look_up(text, &Request::new())?;
        Ok((found.entry.key_id, presented.approach.address(presented.digest.words())))
    }
}

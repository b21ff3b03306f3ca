//! Verify a token.

use super::Store;
use super::charge::Halt;
use super::find::{Beside, Found, Known, Otherwise, Presented, Text};
use super::noted::Verified;
use super::realms::Bound;
use crate::digest::{Digest, Locator};
use crate::entry::{Side, State};
use crate::error::Result;
use crate::ids::RealmRef;
use crate::index::Missing;
use crate::policy::{Required, decide};
use crate::request::Request;
use crate::time::Timestamp;
use crate::token::Malformed;
use crate::verdict::{Denial, Grant, Reason, VerifyError};

/// How often a decision begins anew for a key that changes under it.
const ATTEMPTS: usize = 64;

/// Tokens of a batch that are hashed before the first of them is decided.
const GROUP: usize = 64;

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
    #[inline]
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
        self.decide(text, request, Required::Scopes(request.required), None)
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
            for (token, place) in group.iter().zip(&mut presented) {
                *place = bound.realm.grammar().parse(token).map(|_| {
                    let approach = self.index.approach_first(Locator::of_token(token));
                    Presented { approach, digest: Digest::NONE }
                });
            }
            // What has no shape is not hashed: the others close the gaps.
            let mut texts: [&[u8]; GROUP] = [&[]; GROUP];
            let shaped = group.iter().zip(&presented).filter(|(_, presented)| presented.is_ok());
            let count =
                texts.iter_mut().zip(shaped).map(|(text, (token, _))| *text = token).count();
            let digests =
                ways.current.digester.digests::<GROUP>(texts.get(..count).unwrap_or_default());
            for (presented, digest) in presented.iter_mut().flatten().zip(&digests) {
                presented.digest = *digest;
                self.index.approach_others(&presented.approach, digest);
            }
            let now = Some(request.at.unwrap_or_else(|| self.mark.now()));
            answers.extend(group.iter().zip(&presented).map(|(token, presented)| {
                let text = Text { bound, ways, token };
                match presented {
                    Ok(presented) => self.rule(text, presented, request, required, now),
                    Err(malformed) if !ways.admit(bound.realm.reference(), token) => {
                        Err(self.denied(Denial::shapeless(*malformed), bound, request))
                    }
                    Err(_) => self.decide_apart(text, request, required, now),
                }
            }));
        }
        Ok(())
    }

    /// Decides about a text, at `now` if that was read already.
    #[inline(always)]
    pub(super) fn decide<E: From<Denial>>(
        &self,
        text: Text<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, E> {
        match self.recognise(text) {
            Ok(presented) => self.rule(text, &presented, request, required, now),
            Err(denial) => Err(self.denied(denial, text.bound, request)),
        }
    }

    /// The same, for one text of many that may be another system's token.
    #[cold]
    #[inline(never)]
    fn decide_apart(
        &self,
        text: Text<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        self.decide(text, request, required, now)
    }

    /// The rest of a decision. The text is needed only if what was presented finds no key.
    ///
    /// A grant is put together where the caller wants it: it is large, and to move it right after
    /// it was written field by field would wait for the writes.
    #[inline(always)]
    fn rule<E: From<Denial>>(
        &self,
        text: Text<'_>,
        presented: &Presented<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, E> {
        let Text { bound, .. } = text;
        let mut beside = Beside::default();
        let verdict = match self.look(bound, presented, request, &mut beside) {
            Ok(found) => match self.judge(bound, presented, &found, request, required, now) {
                Ok(grant) => {
                    self.counts.granted();
                    return Ok(grant);
                }
                Err(Halt::Refused(reason)) => Err(found.refused(reason)),
                Err(Halt::Anew | Halt::Wanting(..)) => {
                    self.rule_changed(text, *presented, request, required, now)
                }
            },
            Err(Missing::Nowhere) if self.has_no_other(text) => Err(Denial::UNKNOWN),
            Err(Missing::Nowhere) => self.rule_otherwise(text, *presented, request, required, now),
            Err(Missing::Unsure) => self.rule_unsure(text, *presented, request, required, now),
        };
        match verdict {
            Ok(grant) => {
                self.counts.granted();
                Ok(grant)
            }
            Err(denial) => Err(self.denied(denial, bound, request)),
        }
    }

    /// Decides about a key that was found by what was presented. None if that finds it no more.
    fn rule_found(
        &self,
        bound: &Bound,
        presented: Presented<'_>,
        found: &Found<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Option<Grant>, Denial> {
        match self.judge(bound, &presented, found, request, required, now) {
            Ok(grant) => Ok(Some(grant)),
            Err(Halt::Refused(reason)) => Err(found.refused(reason)),
            Err(Halt::Anew | Halt::Wanting(..)) => {
                self.rule_anew(bound, presented, request, required, now)
            }
        }
    }

    /// Whether no digest but the present one finds keys of the realm, and none did meanwhile.
    #[inline]
    fn has_no_other(&self, text: Text<'_>) -> bool {
        !text.ways.has_others_of(text.bound.realm.reference()) && self.renewed(text).is_none()
    }

    /// Decides about a text whose key had changed before it was charged, or had too few credits in
    /// memory: anew by the present digest, and by all others if the key has come over meanwhile.
    #[cold]
    #[inline(never)]
    fn rule_changed(
        &self,
        text: Text<'_>,
        presented: Presented<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        match self.rule_anew(text.bound, presented, request, required, now)? {
            Some(grant) => Ok(grant),
            None if self.renewed(text).is_some() => {
                // That was at least one commit: the present has moved on.
                self.rule_otherwise(text, presented, request, required, None)
            }
            None => Err(Denial::UNKNOWN),
        }
    }

    /// Decides about a text of whose key one look cannot tell whether it is there. If it is, or
    /// may be, no twin of it is asked for.
    #[cold]
    #[inline(never)]
    fn rule_unsure(
        &self,
        text: Text<'_>,
        presented: Presented<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        match self.find(text.bound, &presented, request)? {
            Some(_) => self.rule_changed(text, presented, request, required, now),
            None => self.rule_otherwise(text, presented, request, required, now),
        }
    }

    /// Decides about a text that one look by the present digest finds no key of. If there are other
    /// ways by now, the key may have come over to one of them: then it is looked for anew. Other
    /// ways cost the writer a commit each time.
    #[cold]
    #[inline(never)]
    pub(super) fn rule_otherwise(
        &self,
        text: Text<'_>,
        presented: Presented<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        let (mut text, mut presented, mut now) = (text, presented, now);
        loop {
            let verdict = self.rule_by_others(text, presented, request, required, now);
            let Some(renewed) = self.renewed(text).filter(|_| verdict.is_err()) else {
                return verdict;
            };
            (text, now) = (renewed, None);
            presented = self.recognise(text)?;
            let Some(known) = self.find(text.bound, &presented, request)? else { continue };
            // Without a verdict it has come over once more.
            if let Some(grant) =
                self.rule_found(text.bound, presented, &known.found(), request, required, now)?
            {
                return Ok(grant);
            }
        }
    }

    /// Decides about a text by the other digests that there are. If one finds a key, notes what
    /// the key's digest is to be.
    fn rule_by_others(
        &self,
        text: Text<'_>,
        presented: Presented<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Denial> {
        let by_present = |now| {
            let known = self.find(text.bound, &presented, request)?;
            let found = |known: Known| {
                self.rule_found(text.bound, presented, &known.found(), request, required, now)
            };
            known.map(|known| found(known)?.ok_or(Denial::UNKNOWN)).transpose()
        };
        let brought = self.routes.brought();
        let otherwise = self.find_otherwise(text, request)?;
        // A key that came over between the looks has its new digest before it loses the old one: a
        // twin may have been found in its place.
        if let Some(grant) = by_present(now)? {
            return Ok(grant);
        }
        // Then it is looked for anew.
        if self.renewed(text).is_some() {
            return Err(Denial::UNKNOWN);
        }
        let Some(Otherwise { presented: other, known, twins }) = otherwise else {
            return Err(Denial::UNKNOWN);
        };
        let found = known.found();
        let verdict = self.rule_found(text.bound, other, &found, request, required, now);
        let verdict = verdict.and_then(|grant| grant.ok_or(Denial::UNKNOWN));
        let refused = verdict.is_err();
        // A twin of a revoked key is revoked with it, before it is found in its place.
        if !refused || known.entry.state == State::Revoked && twins[0].is_some() {
            self.noted.note(&Verified {
                key_id: known.entry.key_id,
                found: other.digest.words(),
                digest: presented.digest,
                generation: text.ways.current.number,
                brought,
                refused,
                last_four: text.token.last_chunk().copied().unwrap_or_default(),
                twins,
            });
        }
        // One that changed under the look may have come over. That may have taken a commit.
        verdict.or_else(|denial| by_present(None)?.ok_or(denial))
    }

    /// Decides about the key that is found by what was presented and had changed before it was
    /// charged, or of whose quota too few credits are in memory. A change costs the writer one each
    /// time; after [`ATTEMPTS`] of them the key is refused. Credits that others take first cost the
    /// file some each time. None if nothing finds it any more.
    #[cold]
    #[inline(never)]
    fn rule_anew(
        &self,
        bound: &Bound,
        presented: Presented<'_>,
        request: &Request,
        required: Required,
        mut now: Option<Timestamp>,
    ) -> Result<Option<Grant>, Denial> {
        let (mut attempts, mut leased) = (0..ATTEMPTS, false);
        while leased || attempts.next().is_some() {
            let Some(known) = self.find(bound, &presented, request)? else { return Ok(None) };
            let found = known.found();
            leased = match self.judge(bound, &presented, &found, request, required, now) {
                Ok(grant) => return Ok(Some(grant)),
                Err(Halt::Refused(reason)) => return Err(found.refused(reason)),
                Err(Halt::Anew) => false,
                Err(Halt::Wanting(lease, lineage)) => {
                    // That is a commit: the present has moved on.
                    now = None;
                    let leased = self.lease_for(lease, lineage, request);
                    leased.map_err(|reason| found.refused(reason))?
                }
            };
        }
        Err(Denial::UNKNOWN)
    }

    /// Decides about a key that was found.
    #[inline(always)]
    fn judge(
        &self,
        bound: &Bound,
        presented: &Presented<'_>,
        found: &Found<'_>,
        request: &Request,
        required: Required,
        now: Option<Timestamp>,
    ) -> Result<Grant, Halt> {
        let realm = &*bound.realm;
        let entry = &found.entry;
        if !bound.accepts(entry.kind, request) {
            return Err(Halt::Refused(Reason::Unknown));
        }
        let now = request.at.or(now).unwrap_or_else(|| self.mark.now());
        let scopes = decide(&found.facts(), required, now).inspect_err(|reason| {
            if request.at.is_none() {
                self.remember(*presented, *found, *reason);
            }
        })?;
        let (rate, credits) = self.charge(realm, found, request, now)?;
        let keeps_use = |side: &Side| realm.policy().usage || side.idle_at != Timestamp::NEVER;
        if let Some(side) = entry.side
            && found.side.is_some_and(keeps_use)
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
            // One from when use was kept says nothing of a key whose use no longer is.
            let kept = found.side.filter(|side| keeps_use(side));
            let last = kept.and_then(|side| side.last_used);
            observer.granted(grant, request, required, now, last, &self.mark);
        }
        Ok(grant)
    }

    /// A denial, once it was counted and shown to who looks at decisions.
    #[inline(always)]
    fn denied<E: From<Denial>>(&self, denial: Denial, bound: &Bound, request: &Request) -> E {
        self.counts.denied(denial.reason);
        #[cfg(feature = "tracing")]
        crate::events::refused(denial.key, bound.realm.name(), denial.reason.name());
        if let Some(observer) = &self.observer {
            self.show_denial(observer, denial, bound.realm.reference(), request);
        }
        denial.into()
    }

    /// Remembers what a clock that steps back must not undo.
    #[cold]
    #[inline(never)]
    fn remember(&self, presented: Presented<'_>, found: Found<'_>, reason: Reason) {
        match (reason, found.side) {
            (Reason::Expired, _) if !found.entry.expired => {
                let end = found.entry.end;
                self.index.mark_expired(&presented.approach, &presented.digest, end);
            }
            (Reason::Idle, Some(side)) => self.index.mark_idle(&found.entry, side),
            _ => {}
        }
    }
}

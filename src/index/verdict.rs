//! The word of a slot that changes while the key lives: its end, state and marks.

use crate::entry::{Entry, State};
use crate::ids::KindRef;
use crate::time::Timestamp;

const END: u64 = (1 << 43) - 1;
const STATE: u32 = 43;
const EXPIRED: u64 = 1 << 45;
const IN_GRACE: u64 = 1 << 46;
const KIND: u32 = 48;

/// End, state, expired, in grace, frozen and kind in 64 bits. The layout is drawn in `slot.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict(u64);

impl Verdict {
    /// Set while the writer copies the slot: the expired bit must not change.
    pub(super) const FROZEN: u64 = 1 << 47;

    /// A verdict on `entry` that is not frozen. An end outside what 43 bits hold becomes the
    /// nearest one inside that is not later than asked.
    pub(super) fn of(entry: &Entry) -> Self {
        let end = match entry.end {
            Timestamp::NEVER => END,
            end => u64::try_from(end.as_ms()).unwrap_or(0).min(END - 1),
        };
        let mark = |set, bit| if set { bit } else { 0 };
        let state = u64::from(entry.state.byte()) << STATE;
        let kind = u64::from(entry.kind.number()) << KIND;
        Self(end | state | mark(entry.expired, EXPIRED) | mark(entry.in_grace, IN_GRACE) | kind)
    }

    #[inline]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline]
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) fn end(self) -> Timestamp {
        match self.0 & END {
            END => Timestamp::NEVER,
            ms => Timestamp::from_ms(i64::try_from(ms).unwrap_or(0)),
        }
    }

    #[inline]
    pub(super) fn state(self) -> State {
        match self.0 >> STATE & 3 {
            0 => State::Active,
            1 => State::Suspended,
            _ => State::Revoked,
        }
    }

    #[inline]
    pub(super) const fn kind(self) -> KindRef {
        KindRef::new((self.0 >> KIND) as u16)
    }

    #[inline]
    pub(super) const fn is_expired(self) -> bool {
        self.0 & EXPIRED != 0
    }

    #[inline]
    pub(super) const fn is_in_grace(self) -> bool {
        self.0 & IN_GRACE != 0
    }

    #[inline]
    pub(super) const fn is_frozen(self) -> bool {
        self.0 & Self::FROZEN != 0
    }

    pub(super) const fn marked_expired(self) -> Self {
        Self(self.0 | EXPIRED)
    }

    pub(super) const fn thawed(self) -> Self {
        Self(self.0 & !Self::FROZEN)
    }

    /// This verdict in place of `before`: marked expired if `before` was, unless the end is
    /// now a later one.
    pub(super) fn after(self, before: Self) -> Self {
        if before.is_expired() && self.end() <= before.end() { self.marked_expired() } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OwnerRef;
    use crate::key_id::KeyId;
    use crate::scope::ScopeSet;

    fn entry(end: Timestamp) -> Entry {
        Entry {
            key_id: KeyId::from_bits(1),
            kind: KindRef::new(0xABCD),
            owner: OwnerRef::new(1),
            state: State::Active,
            expired: false,
            in_grace: false,
            scopes: ScopeSet::empty(),
            end,
            side: None,
        }
    }

    #[test]
    fn a_verdict_gives_back_its_parts() {
        for end in [Timestamp::EPOCH, Timestamp::from_ms(1), Timestamp::LAST, Timestamp::NEVER] {
            for state in [State::Active, State::Suspended, State::Revoked] {
                for (expired, in_grace) in [(false, false), (true, false), (false, true)] {
                    let entry = Entry { state, expired, in_grace, ..entry(end) };
                    let verdict = Verdict::of(&entry);
                    assert_eq!((verdict.end(), verdict.state()), (end, state));
                    assert_eq!((verdict.is_expired(), verdict.is_in_grace()), (expired, in_grace));
                    assert_eq!((verdict.kind(), verdict.is_frozen()), (entry.kind, false));
                }
            }
        }
    }

    #[test]
    fn an_end_that_does_not_fit_is_never_later_than_asked() {
        let of = |ms| Verdict::of(&entry(Timestamp::from_ms(ms)));
        assert_eq!(of(-5).end(), Timestamp::EPOCH);
        for ms in [1 << 43, (1 << 43) - 1, i64::MAX - 1] {
            let verdict = of(ms);
            // The latest that there is, and nothing runs over into the state.
            assert_eq!(verdict.end(), Timestamp::from_ms((1 << 43) - 2));
            assert_eq!(verdict.state(), State::Active);
        }
    }

    #[test]
    fn the_expired_mark_goes_only_with_a_later_end() {
        let at = |ms| Verdict::of(&entry(Timestamp::from_ms(ms)));
        let before = at(10).marked_expired();
        assert!(at(10).after(before).is_expired());
        assert!(at(9).after(before).is_expired());
        assert!(!at(11).after(before).is_expired());
        assert!(!at(9).after(at(10)).is_expired());
        // What is marked stays so, whatever was before.
        assert!(before.after(before).is_expired());
        assert!(before.after(at(10)).is_expired());
    }
}

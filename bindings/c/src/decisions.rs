//! Decisions as they were made, and how many came to which outcome.

use std::mem::offset_of;

use engine::{Decision as Made, KeyId};

use crate::actor::Actor;
use crate::failure::Failure;
use crate::guard;
use crate::ptr::{self, Out, Place, Places};
use crate::request::address_bytes;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;

/// In decisions of keycask_options: every denial is kept, and no grant.
pub const KEYCASK_DENIALS: u32 = 0xFFFF_FFFF;

/// Which decisions are kept, as keycask_options says it.
pub(crate) fn chosen(decisions: u32) -> engine::Decisions {
    match decisions {
        0 => engine::Decisions::Never,
        KEYCASK_DENIALS => engine::Decisions::Denials,
        one_of => engine::Decisions::Sample(one_of),
    }
}

/// One decision as it was made.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Decision {
    /// sizeof(keycask_decision).
    pub struct_size: u32,
    /// What it came to: KEYCASK_OK, or a KEYCASK_DENY_...; for whatever reason there was no
    /// token, KEYCASK_DENY_UNPRESENTED.
    pub outcome: i32,
    /// When it was made, by the store's clock or as the request named it.
    pub at_ms: i64,
    /// The key, where the token is one's; else 0.
    pub key: u64,
    /// The number of the realm that decided.
    pub realm: u16,
    /// 0.
    pub zero: u16,
    /// 4 or 16, the bytes of the address; 0 if the request named none.
    pub address_len: u32,
    /// Where the request came from, in network order.
    pub address: [u8; 16],
    /// Of SCOPE: what the request needs and the key has not.
    pub missing: Scopes,
    /// Of a grant: what the request needed, for itself and for its method.
    pub needed: Scopes,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 8 + 2 + 2 + 4, three
// times 16 bytes, no padding.
unsafe impl Sized for Decision {
    const SIZES: &'static [usize] = &[offset_of!(Self, needed), size_of::<Self>()];
}

impl Decision {
    fn of(made: &Made) -> Self {
        let (address, address_len) = address_bytes(made.address);
        Self {
            struct_size: 0,
            outcome: Status::of_outcome(made.outcome) as i32,
            at_ms: made.at.as_ms(),
            key: made.key.map_or(0, KeyId::bits),
            realm: made.realm.number(),
            zero: 0,
            address_len,
            address,
            missing: Scopes::of(made.missing),
            needed: Scopes::of(made.needed),
        }
    }
}

/// Takes decisions that were kept, the oldest first: those that the options chose. They are
/// given once. They wait in memory, 8,192 at most, and while half as many do no more of those that
/// are of no key; later ones are then counted and not kept.
///
/// Writes as many to `decisions` as there are and as there is room for, their number to
/// `*count`, and how many more were not kept, since this was last asked, to `*lost`, which may
/// be NULL. All decisions have the struct_size of the first.
///
/// Fails with ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_decisions(
    store: *const Store,
    decisions: *mut Decision,
    decisions_cap: usize,
    count: *mut usize,
    lost: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, count) = (Places::new(decisions, decisions_cap)?, Out::new(count)?);
            let decided = open.engine.decisions(outs.len());
            for (at, made) in decided.decisions.iter().enumerate() {
                outs.put(at, Decision::of(made));
            }
            count.put(decided.decisions.len());
            ptr::tell(lost, decided.lost);
            Ok(())
        })
    }
}

/// Takes decisions that were kept, a thousand at most, and puts them into the audit trail as
/// one entry. A trail that takes every denial grows as fast as somebody who has no key likes.
/// If the commit fails they are gone.
///
/// Writes how many there were to `*count`, which may be NULL; with none there is no entry.
///
/// Fails with ARGUMENT, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_audit_decisions(
    store: *const Store,
    by: *const Actor,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let noted = open.engine.audit_decisions(&Actor::read(by)?)?;
            ptr::tell(count, noted);
            Ok(())
        })
    }
}

/// How many decisions came to which outcome since the store was opened here.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Counts {
    /// sizeof(keycask_counts).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// Grants.
    pub granted: u64,
    /// Requests that presented no token.
    pub unpresented: u64,
    /// Denials with KEYCASK_DENY_MALFORMED, and so on.
    pub malformed: u64,
    /// KEYCASK_DENY_UNKNOWN.
    pub unknown: u64,
    /// KEYCASK_DENY_REVOKED.
    pub revoked: u64,
    /// KEYCASK_DENY_SUSPENDED.
    pub suspended: u64,
    /// KEYCASK_DENY_OWNER_SUSPENDED.
    pub owner_suspended: u64,
    /// KEYCASK_DENY_NOT_YET_VALID.
    pub not_yet_valid: u64,
    /// KEYCASK_DENY_EXPIRED.
    pub expired: u64,
    /// KEYCASK_DENY_IDLE.
    pub idle: u64,
    /// KEYCASK_DENY_NETWORK.
    pub network: u64,
    /// KEYCASK_DENY_SCOPE.
    pub scope: u64,
    /// KEYCASK_DENY_RATE_LIMITED.
    pub rate_limited: u64,
    /// KEYCASK_DENY_QUOTA_EXHAUSTED.
    pub quota_exhausted: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4, fourteen times 8 bytes, no
// padding.
unsafe impl Sized for Counts {}

/// Writes how many decisions came to which outcome to `*out`. keycask_explain() does not decide.
///
/// Fails with ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_decision_counts(
    store: *const Store,
    out: *mut Counts,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let out = Place::new(out)?;
            let counts = open.engine.decision_counts();
            out.put(Counts {
                struct_size: 0,
                zero: 0,
                granted: counts.granted,
                unpresented: counts.unpresented,
                malformed: counts.malformed,
                unknown: counts.unknown,
                revoked: counts.revoked,
                suspended: counts.suspended,
                owner_suspended: counts.owner_suspended,
                not_yet_valid: counts.not_yet_valid,
                expired: counts.expired,
                idle: counts.idle,
                network: counts.network,
                scope: counts.scope,
                rate_limited: counts.rate_limited,
                quota_exhausted: counts.quota_exhausted,
            });
            Ok(())
        })
    }
}

//! What a realm allows over the life of a key.

use std::ffi::c_char;
use std::time::Duration;

use engine::Buckets;

use crate::failure::Failure;
use crate::guard;
use crate::ptr::{self, Place, Room};
use crate::realm::known;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;
use crate::time::{self, KEYCASK_AT_ONCE, KEYCASK_NEVER};

/// Room that is always enough for the text of a keycask_policy_info.
pub const KEYCASK_POLICY_TEXT_MAX: usize = 512;
/// In flags of keycask_policy_info: a key can be suspended.
pub const KEYCASK_SUSPENDS: u32 = 1;
/// In flags of keycask_policy_info: outsiders are told that a key has expired.
pub const KEYCASK_TELLS_EXPIRED: u32 = 2;
/// In flags of keycask_policy_info: the time of a key's last use is kept.
pub const KEYCASK_KEEPS_USAGE: u32 = 4;
/// In flags of keycask_policy_info: an owner's keys share its rates; else each lineage has its
/// own.
pub const KEYCASK_SHARES_RATES: u32 = 8;

/// What a realm allows over the life of a key. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Policy {
    /// sizeof(keycask_policy_info).
    pub struct_size: u32,
    /// KEYCASK_SUSPENDS, ...
    pub flags: u32,
    /// How long a key lives if its issuer does not say; KEYCASK_NEVER if it does not end.
    pub default_life_ms: i64,
    /// How long a key can live at most; KEYCASK_NEVER for any.
    pub longest_life_ms: i64,
    /// How long a rotated key lives on if its rotation does not say; KEYCASK_AT_ONCE if not at
    /// all.
    pub default_grace_ms: i64,
    /// The longest grace that a rotation can ask for; KEYCASK_AT_ONCE if none.
    pub longest_grace_ms: i64,
    /// The age at which rotation is advised; KEYCASK_NONE if it is not.
    pub rotate_after_ms: i64,
    /// How long a key may stay unused, if it has no span of its own; KEYCASK_NONE if for ever.
    pub idle_ms: i64,
    /// How long expired and revoked keys stay before a sweep may take them.
    pub retain_ms: i64,
    /// The realm's name for people: its title, else its name.
    pub title: Text,
    /// The plan of an owner that was given none; empty if there is none.
    pub default_plan: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, seven times 8
// and twice 16 bytes, no padding.
unsafe impl Sized for Policy {}

/// Describes what a realm allows in `*out`.
///
/// Writes its texts to `text`; KEYCASK_POLICY_TEXT_MAX bytes are always enough.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_policy(
    store: *const Store,
    realm: u16,
    out: *mut Policy,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (out, mut room) = (Place::new(out)?, Room::new(text, text_cap)?);
            let realm = known(open, realm)?;
            let policy = realm.policy();
            let plan = policy.default_plan.as_deref().unwrap_or_default();
            let texts = Text::all(&mut room, [realm.title(), plan]);
            let [title, default_plan] = texts.ok_or_else(ptr::space)?;
            let life = |span: Option<Duration>| match span {
                None => KEYCASK_NEVER,
                span => time::result_span(span),
            };
            let grace = |span: Duration| match span {
                Duration::ZERO => KEYCASK_AT_ONCE,
                span => time::result_span(Some(span)),
            };
            let flags = [
                (policy.suspend, KEYCASK_SUSPENDS),
                (policy.tell_expired, KEYCASK_TELLS_EXPIRED),
                (policy.usage, KEYCASK_KEEPS_USAGE),
                (policy.buckets == Buckets::Owner, KEYCASK_SHARES_RATES),
            ];
            out.put(Policy {
                struct_size: 0,
                flags: flags.into_iter().filter(|(is, _)| *is).fold(0, |all, (_, flag)| all | flag),
                default_life_ms: life(policy.default_life),
                longest_life_ms: life(policy.longest_life),
                default_grace_ms: grace(policy.default_grace),
                longest_grace_ms: grace(policy.longest_grace),
                rotate_after_ms: time::result_span(policy.rotate_after),
                idle_ms: time::result_span(policy.idle),
                retain_ms: time::result_span(Some(policy.retain)),
                title,
                default_plan,
            });
            Ok(())
        })
    }
}

//! A key as it may be shown, and the text of its id.

use std::borrow::Cow;
use std::ffi::c_char;
use std::str::FromStr;

use engine::{Cause, KeyId, KeyInfo, Realm, State};

use crate::credits::Credits;
use crate::failure::Failure;
use crate::grant::KEYCASK_IN_GRACE;
use crate::guard;
use crate::issue::KEYCASK_NETWORKS_MAX;
use crate::ptr::{self, Out, Place, Room};
use crate::realm::known;
use crate::scopes::{KEYCASK_SCOPES_TEXT_MAX, Scopes};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;
use crate::time;

// Owner, kind, environment, name, metadata, reason, prefix, last four; scopes; networks, of which
// the longest has 43 characters; quota and scheme.
const _: () = assert!(
    128 + 64
        + 64
        + 128
        + 4096
        + 256
        + 32
        + 4
        + KEYCASK_SCOPES_TEXT_MAX
        + KEYCASK_NETWORKS_MAX * 44
        + 96
        + 96
        <= KEYCASK_KEY_TEXT_MAX
);

/// Length of the text of a key id.
pub const KEYCASK_KEY_ID_LEN: usize = 17;
/// Room that is always enough for the text of a keycask_key_info.
pub const KEYCASK_KEY_TEXT_MAX: usize = 16384;
/// A key that decides by its window, scopes and limits.
pub const KEYCASK_ACTIVE: u32 = 1;
/// A key that is refused until it is resumed.
pub const KEYCASK_SUSPENDED: u32 = 2;
/// A key that is refused for good.
pub const KEYCASK_REVOKED: u32 = 3;
/// In flags of keycask_key_info: the key's window is over, whatever its state.
pub const KEYCASK_EXPIRED: u32 = 2;
/// In flags of keycask_key_info: another system made its token.
pub const KEYCASK_IMPORTED: u32 = 4;
/// In cause of keycask_key_info: nothing happened to the key since it was issued.
pub const KEYCASK_CAUSE_NONE: u32 = 0;
/// In cause of keycask_key_info: somebody asked for its state.
pub const KEYCASK_CAUSE_ASKED: u32 = 1;
/// In cause of keycask_key_info: it was rotated, and its grace is over or was none.
pub const KEYCASK_CAUSE_ROTATED: u32 = 2;
/// In cause of keycask_key_info: its token was lost, and another key was issued in its place.
pub const KEYCASK_CAUSE_REISSUED: u32 = 3;

/// A key as it may be shown: never its token. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Key {
    /// sizeof(keycask_key_info).
    pub struct_size: u32,
    /// KEYCASK_IN_GRACE, KEYCASK_EXPIRED, KEYCASK_IMPORTED.
    pub flags: u32,
    /// The key's id.
    pub key: u64,
    /// KEYCASK_ACTIVE, KEYCASK_SUSPENDED or KEYCASK_REVOKED.
    pub state: u32,
    /// KEYCASK_CAUSE_...
    pub cause: u32,
    /// The number of the realm.
    pub realm: u16,
    /// The number of the kind.
    pub kind_number: u16,
    /// Its place in its lineage, from 1.
    pub generation: u32,
    /// The first key of its lineage.
    pub lineage: u64,
    /// The key that it replaced; 0 if none.
    pub predecessor: u64,
    /// The key that replaced it; 0 if none.
    pub successor: u64,
    /// The scopes that it was granted, without what they imply. A revoked key may have one that
    /// its profile no longer has.
    pub scopes: Scopes,
    /// When it was issued.
    pub issued_ms: i64,
    /// From when on it is valid.
    pub start_ms: i64,
    /// From when on it is refused; KEYCASK_NEVER if it does not end.
    pub end_ms: i64,
    /// When its state last changed.
    pub changed_ms: i64,
    /// When it was last granted; KEYCASK_NONE if never, or if that is not kept: neither by its
    /// profile nor because it may not stay unused for ever. Uses within a minute of the one
    /// shown are not told from it.
    pub last_used_ms: i64,
    /// When the profile advises to rotate it; KEYCASK_NONE if it does not.
    pub rotation_due_ms: i64,
    /// For how long it may stay unused; KEYCASK_NONE if for ever.
    pub idle_ms: i64,
    /// From when on it is refused as idle, if it is not used before; KEYCASK_NONE if never. It is
    /// as long after its last use, and up to a minute more; or after its start, the last change
    /// of its state, or when the span was given, if that is later.
    pub idle_at_ms: i64,
    /// The credits of the quota that it shares with its lineage, if it has one. A store that is
    /// read-only does not see those that the process which writes has taken to hand out.
    pub credits: Credits,
    /// The owner's id in your application.
    pub owner: Text,
    /// The name of its kind.
    pub kind: Text,
    /// The kind's environment; empty if the profile names none.
    pub environment: Text,
    /// The key's name for people.
    pub name: Text,
    /// Your application's data.
    pub metadata: Text,
    /// The reason that was given for its last change of state.
    pub reason: Text,
    /// The prefix of its token; empty if another system made that.
    pub prefix: Text,
    /// The last four characters of its token; empty if they are not known.
    pub last_four: Text,
    /// The names of its scopes, separated by spaces.
    pub scope_names: Text,
    /// The networks from which alone it may be used, separated by spaces; empty for anywhere.
    pub networks: Text,
    /// Its quota, such as "1000 per day"; empty if it has none.
    pub quota: Text,
    /// The scheme of the other system's digest that it is found by until it is verified; empty
    /// if it has none.
    pub scheme: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 8 + 4 + 4 +
// 2 + 2 + 4, then fields of eight and of sixteen bytes, no padding.
unsafe impl Sized for Key {}

impl Key {
    /// The key, with its texts in `room`; none if they do not fit. The realm is one that was read
    /// after it.
    pub(crate) fn of(info: &KeyInfo, realm: &Realm, room: &mut Room) -> Option<Self> {
        let texts = texts(info);
        let texts = Text::all(room, texts.each_ref().map(|text| &**text))?;
        let [owner, kind, environment, name, metadata, reason, prefix, last_four, rest @ ..] =
            texts;
        let [scope_names, networks, quota, scheme] = rest;
        let imported = if info.imported { KEYCASK_IMPORTED } else { 0 };
        let in_grace = if info.in_grace { KEYCASK_IN_GRACE } else { 0 };
        let expired = if info.expired { KEYCASK_EXPIRED } else { 0 };
        let optional = |key: Option<KeyId>| key.map_or(0, KeyId::bits);
        Some(Self {
            struct_size: 0,
            flags: in_grace | expired | imported,
            key: info.key_id.bits(),
            state: match info.state {
                State::Active => KEYCASK_ACTIVE,
                State::Suspended => KEYCASK_SUSPENDED,
                State::Revoked => KEYCASK_REVOKED,
            },
            cause: match info.cause {
                Cause::None => KEYCASK_CAUSE_NONE,
                Cause::Asked => KEYCASK_CAUSE_ASKED,
                Cause::Rotated => KEYCASK_CAUSE_ROTATED,
                Cause::Reissued => KEYCASK_CAUSE_REISSUED,
            },
            realm: info.realm.number(),
            kind_number: info.kind.number(),
            generation: info.generation,
            lineage: info.lineage.bits(),
            predecessor: optional(info.predecessor),
            successor: optional(info.successor),
            scopes: Scopes::ever_named(realm, &info.scopes),
            issued_ms: info.issued.as_ms(),
            start_ms: info.start.as_ms(),
            end_ms: info.end.as_ms(),
            changed_ms: info.changed.as_ms(),
            last_used_ms: time::result(info.last_used),
            rotation_due_ms: time::result(info.rotation_due),
            idle_ms: time::result_span(info.idle),
            idle_at_ms: time::result(info.idle_at),
            credits: info.quota.map_or(Credits::NONE, |of| Credits {
                limit: of.quota.limit(),
                remaining: of.remaining,
                reset_ms: of.reset.as_ms(),
            }),
            owner,
            kind,
            environment,
            name,
            metadata,
            reason,
            prefix,
            last_four,
            scope_names,
            networks,
            quota,
            scheme,
        })
    }
}

/// The texts of a key, in the order of the fields.
fn texts(info: &KeyInfo) -> [Cow<'_, str>; 12] {
    let networks = info.networks.iter().map(ToString::to_string).collect::<Vec<_>>();
    let quota = info.quota.map(|of| of.quota.to_string());
    let scheme = info.scheme.as_ref().map(ToString::to_string);
    [
        (&*info.owner).into(),
        (&*info.kind_name).into(),
        (&*info.environment).into(),
        (&*info.name).into(),
        (&*info.metadata).into(),
        (&*info.reason).into(),
        (&*info.prefix).into(),
        (&*info.last_four).into(),
        info.scopes.join(" ").into(),
        networks.join(" ").into(),
        quota.unwrap_or_default().into(),
        scheme.unwrap_or_default().into(),
    ]
}

/// How many bytes the texts of a key take.
pub(crate) fn text_len(info: &KeyInfo) -> usize {
    texts(info).iter().map(|text| text.len()).fold(0, usize::saturating_add)
}

/// Describes a key in `*out`.
///
/// Writes its texts to `text`; KEYCASK_KEY_TEXT_MAX bytes are always enough.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_key(
    store: *const Store,
    key: u64,
    out: *mut Key,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (out, mut room) = (Place::new(out)?, Room::new(text, text_cap)?);
            let info = open.engine.key(KeyId::from_bits(key))?;
            let realm = known(open, info.realm.number())?;
            out.put(Key::of(&info, &realm, &mut room).ok_or_else(ptr::space)?);
            Ok(())
        })
    }
}

/// Writes the text of a key id, such as key_01ARZ3NDEKTSV, which may be logged and shown, to
/// `text`: KEYCASK_KEY_ID_LEN bytes, without a terminator. `text_cap` is at least that.
///
/// Fails with ARGUMENT, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_key_id_text(
    key: u64,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run_alone(error, || {
            let mut room = Room::new(text, text_cap)?;
            let text = KeyId::from_bits(key).to_string();
            room.put(text.as_bytes()).map(drop).ok_or_else(ptr::space)
        })
    }
}

/// Writes the key id that `text` spells, byte for byte, to `*key`. Whether there is such a key
/// is not looked up.
///
/// Fails with ARGUMENT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_key_id_parse(
    text: *const c_char,
    text_len: usize,
    key: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run_alone(error, || {
            let (text, out) = (ptr::text(text, text_len)?, Out::new(key)?);
            out.put(KeyId::from_str(text)?.bits());
            Ok(())
        })
    }
}

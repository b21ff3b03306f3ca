//! Issue a key.

use std::ffi::c_char;

use engine::{RealmRef, Shape, Spec as Built};

use crate::actor::Actor;
use crate::credits::{self, KEYCASK_NO_QUOTA};
use crate::ending::KEYCASK_MANY_MAX;
use crate::failure::{Failure, Stop, argument};
use crate::guard;
use crate::ptr::{self, Out, Places, Room};
use crate::realm::known;
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::{Open, Store};
use crate::text::Text;
use crate::time::{self, End, KEYCASK_DEFAULT, KEYCASK_NOW};

/// Longest token that is issued, in bytes. A buffer for one has at least this capacity.
pub const KEYCASK_TOKEN_MAX: usize = 166;

/// Most networks of a key.
pub const KEYCASK_NETWORKS_MAX: usize = 64;

const _: () = assert!(KEYCASK_TOKEN_MAX == Shape::TOKEN_MAX);

/// What a new key shall be. KEYCASK_SPEC_INIT is valid from now on and from anywhere, and ends
/// and has credits as the profile has it; kind and owner have to be set.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Spec {
    /// sizeof(keycask_spec).
    pub struct_size: u32,
    /// The number of the realm.
    pub realm: u16,
    /// KEYCASK_NO_QUOTA or 0.
    pub flags: u16,
    /// The name of the kind.
    pub kind: Text,
    /// The id of the owner, which must be there.
    pub owner: Text,
    /// What the key may do. None grants nothing.
    pub scopes: Scopes,
    /// A name for people: 128 bytes at most, no control characters. May be left out.
    pub name: Text,
    /// Your application's data: one JSON value of 4096 bytes at most. May be left out.
    pub metadata: Text,
    /// Before it the key is refused: KEYCASK_NOW, or a time that has not passed.
    pub start_ms: i64,
    /// From it on the key is refused: KEYCASK_NEVER, KEYCASK_DEFAULT, KEYCASK_AFTER with
    /// life_ms, or a time.
    pub end_ms: i64,
    /// With KEYCASK_AFTER: milliseconds from the start to the end. Else 0.
    pub life_ms: i64,
    /// The networks from which alone it may be used, such as 10.0.0.0/8 or 2001:db8::/32,
    /// separated by spaces, from 1 to KEYCASK_NETWORKS_MAX. An address such as ::ffff:10.0.0.1
    /// is the IPv4 address. May be left out: from anywhere; the empty text is refused.
    pub networks: Text,
    /// How long it may stay unused, in milliseconds from an hour on, if its realm does not
    /// say less; or KEYCASK_DEFAULT, as the realm has it. The time of its last use is kept then.
    pub idle_ms: i64,
    /// The quota that it shares with its rotations, such as "1000", "1000 per day",
    /// "1000 per month on day 15" or "1000 per 12h". May be left out: as the owner's plan has
    /// it, or with KEYCASK_NO_QUOTA none; the empty text is refused.
    pub quota: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 2 + 2, then
// fields of eight and of sixteen bytes, no padding.
unsafe impl Sized for Spec {}

impl Spec {
    /// What it asks of the engine.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what cannot be, `KEYCASK_ERR_NOT_FOUND` for the realm.
    ///
    /// # Safety
    ///
    /// That of `Text::given` for each text.
    pub(crate) unsafe fn ask(&self, open: &Open) -> Result<Built, Stop> {
        let flags = u32::from(self.flags);
        if flags & !KEYCASK_NO_QUOTA != 0 {
            return Err(argument("flags: one is not known"));
        }
        if self.owner.data.is_null() || self.kind.data.is_null() {
            return Err(argument("a spec has no kind or no owner"));
        }
        let realm = &*known(open, self.realm)?;
        // SAFETY: the caller's promise is the same.
        let (kind, owner) = unsafe { (self.kind.or_empty()?, self.owner.or_empty()?) };
        // SAFETY: the caller's promise is the same.
        let (name, metadata) = unsafe { (self.name.or_empty()?, self.metadata.or_empty()?) };
        let mut spec = Built::new(RealmRef::new(self.realm), kind, owner)
            .scopes(self.scopes.names(realm)?)
            .name(name)
            .metadata(metadata);
        if self.start_ms != KEYCASK_NOW {
            spec = spec.start(time::instant("start_ms", self.start_ms)?);
        }
        if self.idle_ms != KEYCASK_DEFAULT {
            spec = spec.idle(time::span("idle_ms", self.idle_ms)?);
        }
        // SAFETY: the caller's promise is the same.
        let networks = unsafe { self.networks.given() }?;
        // SAFETY: the caller's promise is the same.
        let quota = unsafe { credits::asked(self.quota, flags) }?;
        if let Some(networks) = networks {
            spec = spec.networks(networks.split_ascii_whitespace());
        }
        if let Some(quota) = quota {
            spec = spec.quota(quota);
        }
        Ok(match End::read(self.end_ms, self.life_ms)? {
            End::Default => spec,
            End::At(at) => spec.end(at),
            End::After(span) => spec.life(span),
        })
    }
}

/// A buffer for a token, and the places for its length and its key.
pub(crate) struct TokenOut {
    room: Room,
    len: Out<usize>,
    key: Out<u64>,
}

impl TokenOut {
    /// Refuses, before anything is written, a buffer that a token might not fit in.
    ///
    /// # Safety
    ///
    /// Those of `Room::new` and `Out::new`.
    pub(crate) unsafe fn new(
        token: *mut c_char,
        cap: usize,
        len: *mut usize,
        key: *mut u64,
    ) -> Result<Self, Stop> {
        // SAFETY: the caller's promise is the same.
        let (room, len, key) = unsafe { (Room::new(token, cap)?, Out::new(len)?, Out::new(key)?) };
        if cap < KEYCASK_TOKEN_MAX {
            len.put(KEYCASK_TOKEN_MAX);
            return Err(ptr::short());
        }
        Ok(Self { room, len, key })
    }

    /// Hands a new key out.
    pub(crate) fn put(mut self, issued: &engine::Issued) -> Result<(), Stop> {
        self.room.fill(issued.token.expose().as_bytes(), &self.len)?;
        self.key.put(issued.key.key_id.bits());
        Ok(())
    }
}

/// Issues a key. On OK it is durable, and every verify that begins later finds it.
///
/// Writes the key's id to `*key`, its token to `token`, and the token's length to
/// `*token_len`. The token is the secret: hand it to its owner and wipe your copy. Unless its
/// kind can be revealed, no later call gives it again. `token_cap` is at least
/// KEYCASK_TOKEN_MAX, or the call does nothing and is refused with SPACE.
///
/// Fails with ARGUMENT, NOT_FOUND (realm, kind or owner), CAP, SPACE, and those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_issue(
    store: *const Store,
    spec: *const Spec,
    by: *const Actor,
    token: *mut c_char,
    token_cap: usize,
    token_len: *mut usize,
    key: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (spec, by) = (ptr::read(spec)?.ask(open)?, Actor::read(by)?);
            let out = TokenOut::new(token, token_cap, token_len, key)?;
            out.put(&open.engine.issue(&spec, &by)?)
        })
    }
}

/// A key that was issued with others.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Issued {
    /// sizeof(keycask_issued).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The key's id.
    pub key: u64,
    /// Its token, in the buffer of the call.
    pub token: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 8 + 16 bytes,
// no padding.
unsafe impl Sized for Issued {}

/// Refuses what is no number of keys for one commit.
pub(crate) fn check_count(count: usize) -> Result<(), Stop> {
    match count {
        1..=KEYCASK_MANY_MAX => Ok(()),
        _ => Err(argument("count: from 1 to KEYCASK_MANY_MAX is possible")),
    }
}

/// Issues a key for each of `count` specs, 1 to KEYCASK_MANY_MAX, in one commit: all of them or,
/// if one is refused, none. All holds as if they were issued one after another.
///
/// Writes the key and the token of spec i to `issued[i]`, which points into `tokens`. All issued
/// have the struct_size of the first, as have all specs. `tokens_cap` is at least `count` times
/// KEYCASK_TOKEN_MAX, or the call does nothing and is refused with SPACE. Wipe it in the end.
///
/// Fails as keycask_issue() does; the message about a spec begins with its place from 0, as in
/// "spec 3: ".
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_issue_many(
    store: *const Store,
    specs: *const Spec,
    count: usize,
    by: *const Actor,
    issued: *mut Issued,
    tokens: *mut c_char,
    tokens_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            check_count(count)?;
            let specs = ptr::structs(specs, count)?.enumerate().map(|(place, spec)| {
                spec.and_then(|spec| spec.ask(open)).map_err(|stop| stop.of("spec", place))
            });
            let specs = specs.collect::<Result<Vec<_>, Stop>>()?;
            let (outs, by) = (Places::new(issued, count)?, Actor::read(by)?);
            let mut room = Room::new(tokens, tokens_cap)?;
            if tokens_cap < count.saturating_mul(KEYCASK_TOKEN_MAX) {
                return Err(ptr::space());
            }
            for (at, one) in open.engine.issue_many(&specs, &by)?.into_iter().enumerate() {
                let token = one.token.expose().as_bytes();
                let data = room.put(token).ok_or_else(ptr::space)?;
                let token = Text { data, len: token.len() };
                let key = one.key.key_id.bits();
                outs.put(at, Issued { struct_size: 0, zero: 0, key, token });
            }
            Ok(())
        })
    }
}

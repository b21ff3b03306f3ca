//! Which entries of the audit trail are asked for.

use engine::{Event, KeyId};

use crate::failure::{Stop, argument};
use crate::ptr;
use crate::sized::Sized;
use crate::text::Text;
use crate::time;

/// Which entries of the audit trail are asked for: those that meet every condition.
/// KEYCASK_AUDIT_FILTER_INIT has none, and selects all entries. Texts are compared byte for byte.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct AuditFilter {
    /// sizeof(keycask_audit_filter).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// Only what was done to this key, alone or among others, or made or ended it beside another;
    /// 0 for any.
    pub key: u64,
    /// Only what was done in the realm of this name. May be left out.
    pub realm: Text,
    /// Only what was done to the owner that your application calls so, or to its keys. May be
    /// left out.
    pub owner: Text,
    /// Only what this actor asked for. May be left out.
    pub actor: Text,
    /// Only what was done as this operation. May be left out.
    pub operation: Text,
    /// Only these events, such as key_revoked, separated by spaces. May be left out.
    pub events: Text,
    /// Only what was asked for then or later; KEYCASK_NONE for any.
    pub from_ms: i64,
    /// Only what was asked for before then; KEYCASK_NONE for any.
    pub until_ms: i64,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 8, then
// fields of sixteen and of eight bytes, no padding.
unsafe impl Sized for AuditFilter {}

impl AuditFilter {
    /// The filter at `p`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what cannot be one.
    ///
    /// # Safety
    ///
    /// That of `ptr::read`, and of `Text::given` for each text.
    pub(crate) unsafe fn read(p: *const Self) -> Result<engine::AuditFilter, Stop> {
        // SAFETY: the caller's promise is the same.
        let filter = unsafe { ptr::read(p) }?;
        ptr::zero(filter.zero)?;
        let texts = [filter.realm, filter.owner, filter.actor, filter.operation, filter.events];
        let mut given = [None; 5];
        for (place, text) in given.iter_mut().zip(texts) {
            // SAFETY: the caller's promise is the same.
            *place = unsafe { text.given() }?;
        }
        let [realm, owner, actor, operation, events] = given;
        let mut built = engine::AuditFilter::new();
        if filter.key != 0 {
            built = built.key(KeyId::from_bits(filter.key));
        }
        if let Some(realm) = realm {
            built = built.realm(realm);
        }
        if let Some(owner) = owner {
            built = built.owner(owner);
        }
        if let Some(actor) = actor {
            built = built.actor(actor);
        }
        if let Some(operation) = operation {
            built = built.operation(operation);
        }
        if let Some(events) = events {
            built = named(events)?.into_iter().fold(built, engine::AuditFilter::event);
        }
        if let Some(from) = time::optional("from_ms", filter.from_ms, time::instant)? {
            built = built.from(from);
        }
        Ok(match time::optional("until_ms", filter.until_ms, time::instant)? {
            Some(until) => built.until(until),
            None => built,
        })
    }
}

/// The events that a list names: one at least.
fn named(events: &str) -> Result<Vec<Event>, Stop> {
    let events = events.split_ascii_whitespace().map(str::parse);
    let events = events.collect::<Result<Vec<Event>, _>>()?;
    if events.is_empty() { Err(argument("events: none is named")) } else { Ok(events) }
}

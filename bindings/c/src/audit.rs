//! The audit trail, a page at a time.

use std::ffi::c_char;

use engine::KeyId;

use crate::failure::Failure;
use crate::guard;
use crate::owner::KEYCASK_PAGE_MAX;
use crate::ptr::{self, Out, Outs, Room};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// One change, as the audit trail keeps it. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct AuditEntry {
    /// sizeof(keycask_audit_entry).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// Its place in the trail, from 1 without gaps.
    pub number: u64,
    /// The commit that made the change.
    pub seq: u64,
    /// When it was asked for.
    pub at_ms: i64,
    /// The key that was changed; 0 if none was.
    pub key: u64,
    /// What was done, such as key_revoked.
    pub event: Text,
    /// Who asked for it; empty if nobody said.
    pub actor: Text,
    /// Why; empty if nobody said.
    pub reason: Text,
    /// The name of the realm; empty if it concerns none.
    pub realm: Text,
    /// The owner's id in your application; empty if it concerns none.
    pub owner: Text,
    /// The fields that changed, as they were: a JSON object.
    pub before: Text,
    /// The fields that changed, as they are: a JSON object.
    pub after: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, then fields
// of eight and of sixteen bytes, no padding.
unsafe impl Sized for AuditEntry {}

/// Reads the audit trail: the entries with numbers over `after`, in order.
///
/// Writes as many entries to `entries` as there are, as there is room for, in number and in
/// text, and as KEYCASK_PAGE_MAX allows, and their number to `*count`. The trail is over when
/// that is 0. All entries have the struct_size of the first. On SPACE, when there is no room
/// for the texts of one entry, `*count` alone is written: how many bytes are enough.
///
/// Fails with ARGUMENT, SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_audit(
    store: *const Store,
    after: u64,
    entries: *mut AuditEntry,
    entries_cap: usize,
    count: *mut usize,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, count) = (Outs::sized(entries, entries_cap)?, Out::new(count)?);
            let mut room = Room::new(text, text_cap)?;
            let limit = outs.len().min(KEYCASK_PAGE_MAX);
            let mut given: usize = 0;
            for entry in open.engine.audit(after, limit)? {
                let json = |facts: &_| serde_json::Value::Object(Clone::clone(facts)).to_string();
                let (before, after) = (json(&entry.before), json(&entry.after));
                let texts = [
                    entry.event.name(),
                    &entry.actor,
                    &entry.reason,
                    entry.realm.as_deref().unwrap_or_default(),
                    entry.owner.as_deref().unwrap_or_default(),
                    &before,
                    &after,
                ];
                let len = texts.iter().map(|text| text.len()).fold(0_usize, usize::saturating_add);
                let Some(texts) = Text::all(&mut room, texts) else {
                    if given == 0 {
                        count.put(len);
                        return Err(ptr::space());
                    }
                    break;
                };
                let [event, actor, reason, realm, owner, before, after] = texts;
                outs.put(
                    given,
                    AuditEntry {
                        struct_size: 0,
                        zero: 0,
                        number: entry.number,
                        seq: entry.seq,
                        at_ms: entry.at.as_ms(),
                        key: entry.key.map_or(0, KeyId::bits),
                        event,
                        actor,
                        reason,
                        realm,
                        owner,
                        before,
                        after,
                    },
                );
                given = given.saturating_add(1);
            }
            count.put(given);
            Ok(())
        })
    }
}

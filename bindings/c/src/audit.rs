//! The audit trail, a page at a time.

use std::ffi::c_char;

use engine::{AuditPage as Found, KeyId};

use crate::audit_filter::AuditFilter;
use crate::failure::{Failure, argument};
use crate::guard;
use crate::owner::KEYCASK_PAGE_MAX;
use crate::ptr::{self, Out, Place, Places, Room};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// To export entries: one JSON object a line, of one shape for ever.
pub const KEYCASK_JSON: u32 = 1;
/// To export entries: one event of OCSF 1.5.0 a line, an Entity Management event (3004).
pub const KEYCASK_OCSF: u32 = 2;

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
    /// The key that was changed; 0 if none was. Where several were, the member `keys` of after
    /// lists them.
    pub key: u64,
    /// What was done, such as key_revoked.
    pub event: Text,
    /// Who asked for it; empty if nobody said.
    pub actor: Text,
    /// Why; empty if nobody said.
    pub reason: Text,
    /// As which operation; empty if nobody said.
    pub operation: Text,
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

/// How far a page of the audit trail reaches.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct AuditPage {
    /// sizeof(keycask_audit_page).
    pub struct_size: u32,
    /// 1 if there are entries of higher numbers, else 0.
    pub more: u32,
    /// The number after which to go on: every entry up to it was looked at. Whoever keeps it
    /// and begins there next time is given every later entry once.
    pub reached: u64,
    /// Number of the oldest entry that was not taken out. If it is over the number after which
    /// the page begins by more than one, those between are gone.
    pub first: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 8 bytes, no padding.
unsafe impl Sized for AuditPage {}

impl AuditPage {
    /// How far a page reaches of which the first `given` entries are given.
    fn of(found: &Found, given: usize) -> Self {
        let cut = given.checked_sub(1).filter(|_| given < found.entries.len());
        let cut = cut.and_then(|last| found.entries.get(last));
        Self {
            struct_size: 0,
            more: u32::from(found.more || cut.is_some()),
            reached: cut.map_or(found.reached, |last| last.number),
            first: found.first,
        }
    }
}

/// Reads the audit trail: the entries that `filter` selects with numbers over `after`, in
/// order.
///
/// Writes as many entries to `entries` as there are, as there is room for, in number and in
/// text, and as KEYCASK_PAGE_MAX allows, their number to `*count`, and to `*page` where to go
/// on. A page may have fewer entries, or none, and more to come all the same: one call reads
/// 10,000 at most. All entries have the struct_size of the first. On SPACE, when there is no
/// room for the texts of one entry, `*count` alone is written: how many bytes are enough. Most
/// entries have some hundred bytes of text, so that 64 KiB hold a hundred and more.
///
/// Fails with ARGUMENT, SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_audit(
    store: *const Store,
    filter: *const AuditFilter,
    after: u64,
    entries: *mut AuditEntry,
    entries_cap: usize,
    count: *mut usize,
    page: *mut AuditPage,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, count) = (Places::new(entries, entries_cap)?, Out::new(count)?);
            let (page, mut room) = (Place::new(page)?, Room::new(text, text_cap)?);
            let filter = AuditFilter::read(filter)?;
            let limit = outs.len().min(KEYCASK_PAGE_MAX);
            let found = open.engine.find_audit(&filter, after, limit)?;
            let mut given: usize = 0;
            for entry in &found.entries {
                let json = |facts: &_| serde_json::Value::Object(Clone::clone(facts)).to_string();
                let (before, after) = (json(&entry.before), json(&entry.after));
                let texts = [
                    entry.event.name(),
                    &entry.actor,
                    &entry.reason,
                    &entry.operation,
                    entry.realm.as_deref().unwrap_or_default(),
                    entry.owner.as_deref().unwrap_or_default(),
                    &before,
                    &after,
                ];
                let len = texts.iter().map(|text| text.len()).fold(0_usize, usize::saturating_add);
                let Some(texts) = Text::all(&mut room, texts) else {
                    if given == 0 {
                        count.put(len);
                        return Err(ptr::short());
                    }
                    break;
                };
                let [event, actor, reason, operation, realm, owner, before, after] = texts;
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
                        operation,
                        realm,
                        owner,
                        before,
                        after,
                    },
                );
                given = given.saturating_add(1);
            }
            count.put(given);
            page.put(AuditPage::of(&found, given));
            Ok(())
        })
    }
}

/// Writes the entries that keycask_audit() would read as lines for other programs, each with a
/// LF at its end. `format` is KEYCASK_JSON or KEYCASK_OCSF.
///
/// Writes as many lines to `text` as there are, as there is room for, and as KEYCASK_PAGE_MAX
/// allows, their length to `*text_len`, and to `*page` where to go on. On SPACE, when there is
/// no room for one line, `*text_len` alone is written: how many bytes are enough. Most lines have
/// under 1 KiB.
///
/// Fails with ARGUMENT, SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_audit_export(
    store: *const Store,
    filter: *const AuditFilter,
    after: u64,
    format: u32,
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
    page: *mut AuditPage,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (mut room, len) = (Room::new(text, text_cap)?, Out::new(text_len)?);
            let (page, filter) = (Place::new(page)?, AuditFilter::read(filter)?);
            if format != KEYCASK_JSON && format != KEYCASK_OCSF {
                return Err(argument("format: none with this number"));
            }
            let found = open.engine.find_audit(&filter, after, KEYCASK_PAGE_MAX)?;
            let (mut given, mut used): (usize, usize) = (0, 0);
            for entry in &found.entries {
                let mut line = match format {
                    KEYCASK_JSON => entry.to_json(),
                    _ => entry.to_ocsf(open.engine.id()),
                };
                line.push('\n');
                if room.put(line.as_bytes()).is_none() {
                    if given == 0 {
                        len.put(line.len());
                        return Err(ptr::short());
                    }
                    break;
                }
                (given, used) = (given.saturating_add(1), used.saturating_add(line.len()));
            }
            len.put(used);
            page.put(AuditPage::of(&found, given));
            Ok(())
        })
    }
}

//! Patterns in the use of keys that somebody should look at.

use std::ffi::c_char;

use engine::{KeyId, Pattern};

use crate::actor::Actor;
use crate::failure::{Failure, Stop, argument};
use crate::guard;
use crate::ptr::{self, Out, Places, Room};
use crate::scopes::Scopes;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;
use crate::time::{self, KEYCASK_DEFAULT};

/// In pattern of keycask_finding: a key that is used from other networks was granted from one
/// that it was not used from before.
pub const KEYCASK_PATTERN_NEW_NETWORK: u32 = 1;
/// In pattern of keycask_finding: a key was granted after it had not been used for long.
pub const KEYCASK_PATTERN_LONG_IDLE: u32 = 2;
/// In pattern of keycask_finding: a key that was rotated is still in use shortly before its
/// grace ends.
pub const KEYCASK_PATTERN_LATE_IN_GRACE: u32 = 3;
/// In pattern of keycask_finding: a key was denied for scopes that it lacks, several times.
pub const KEYCASK_PATTERN_SCOPE_DENIALS: u32 = 4;
/// In pattern of keycask_finding: one that this version of the library has no number for.
pub const KEYCASK_PATTERN_OTHER: u32 = 5;
/// Most findings that there are at a time.
pub const KEYCASK_FINDINGS_MAX: usize = 1024;
/// Room that is always enough for the text of one keycask_finding.
pub const KEYCASK_FINDING_TEXT_MAX: usize = 256;

/// From where on something is a pattern. KEYCASK_PATTERNS_INIT is as the library has it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Patterns {
    /// sizeof(keycask_patterns).
    pub struct_size: u32,
    /// So many denials for scopes within within_ms; 0 with KEYCASK_DEFAULT there.
    pub scope_denials: u32,
    /// A span, or KEYCASK_DEFAULT: 5 within an hour.
    pub within_ms: i64,
    /// A use after so long without one; KEYCASK_DEFAULT for 30 days. Of keys whose use is kept.
    pub idle_ms: i64,
    /// A use when so little of the grace is left; KEYCASK_DEFAULT for 6 hours.
    pub late_ms: i64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4, three times 8 bytes, no
// padding.
unsafe impl Sized for Patterns {}

impl Patterns {
    /// The patterns at `p`; none for NULL.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what cannot be one.
    ///
    /// # Safety
    ///
    /// That of `ptr::read`.
    pub(crate) unsafe fn read(p: *const Self) -> Result<Option<engine::Patterns>, Stop> {
        if p.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's promise is the same.
        let patterns = unsafe { ptr::read(p) }?;
        let mut built = engine::Patterns::new();
        match (patterns.scope_denials, patterns.within_ms) {
            (0, KEYCASK_DEFAULT) => {}
            (0, _) => return Err(argument("scope_denials: 0 of them in a time of your own")),
            (count, within) => built = built.scope_denials(count, time::span("within_ms", within)?),
        }
        if patterns.idle_ms != KEYCASK_DEFAULT {
            built = built.idle(time::span("idle_ms", patterns.idle_ms)?);
        }
        if patterns.late_ms != KEYCASK_DEFAULT {
            built = built.late(time::span("late_ms", patterns.late_ms)?);
        }
        Ok(Some(built))
    }
}

/// What was found about one key, or about several keys of one owner taken together. The texts
/// stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Finding {
    /// sizeof(keycask_finding).
    pub struct_size: u32,
    /// KEYCASK_PATTERN_...
    pub pattern: u32,
    /// The key; 0 if it is about its owner, whose keys are counted as if they were one.
    pub key: u64,
    /// The number of the realm that decided.
    pub realm: u16,
    /// 0.
    pub zero: u16,
    /// 0.
    pub zero_too: u32,
    /// When it was first found.
    pub first_ms: i64,
    /// When it was last found.
    pub last_ms: i64,
    /// How often, since the first: new networks, or decisions.
    pub count: u64,
    /// All scopes that were missing in what was denied.
    pub missing: Scopes,
    /// The realm's name, as far as the key is still there.
    pub realm_name: Text,
    /// The owner's id in your application, likewise.
    pub owner: Text,
    /// The network that it was last found from, such as 192.0.2.0/24: /24 of IPv4, /48 of IPv6;
    /// empty if none was named.
    pub network: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 8 + 2 + 2 +
// 4, then fields of eight and of sixteen bytes, no padding.
unsafe impl Sized for Finding {}

impl Finding {
    fn of(found: &engine::Finding, texts: [Text; 3]) -> Self {
        let [realm_name, owner, network] = texts;
        Self {
            struct_size: 0,
            pattern: match found.pattern {
                Pattern::NewNetwork => KEYCASK_PATTERN_NEW_NETWORK,
                Pattern::LongIdle => KEYCASK_PATTERN_LONG_IDLE,
                Pattern::LateInGrace => KEYCASK_PATTERN_LATE_IN_GRACE,
                Pattern::ScopeDenials => KEYCASK_PATTERN_SCOPE_DENIALS,
                _ => KEYCASK_PATTERN_OTHER,
            },
            key: found.key.map_or(0, KeyId::bits),
            realm: found.realm.number(),
            zero: 0,
            zero_too: 0,
            first_ms: found.first.as_ms(),
            last_ms: found.last.as_ms(),
            count: found.count,
            missing: Scopes::of(found.missing),
            realm_name,
            owner,
            network,
        }
    }
}

/// Reads what was found in the use of keys since the store was opened, the oldest first: one for
/// each pattern of each key. The options say what is looked for.
///
/// Writes all findings to `findings`, which may be up to KEYCASK_FINDINGS_MAX, their number to
/// `*count`, their texts to `text`, and to `*lost`, which may be NULL, how much was left out for
/// want of room in the library. Of text, KEYCASK_FINDING_TEXT_MAX bytes a finding are always
/// enough. All findings have the struct_size of the first. On SPACE `*count` alone is written.
///
/// Fails with ARGUMENT, SPACE, IO, CORRUPT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_findings(
    store: *const Store,
    findings: *mut Finding,
    findings_cap: usize,
    count: *mut usize,
    lost: *mut u64,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, count) = (Places::new(findings, findings_cap)?, Out::new(count)?);
            let mut room = Room::new(text, text_cap)?;
            let found = open.engine.findings()?;
            let lens = found.findings.iter().flat_map(|found| texts(found).map(str::len));
            let len = lens.fold(0, usize::saturating_add);
            count.put(found.findings.len());
            if found.findings.len() > outs.len() {
                return Err(ptr::short());
            }
            if !room.is_absent() && !room.fits(len) {
                return Err(ptr::space());
            }
            for (at, finding) in found.findings.iter().enumerate() {
                let texts = Text::all(&mut room, texts(finding)).ok_or_else(ptr::space)?;
                outs.put(at, Finding::of(finding, texts));
            }
            ptr::tell(lost, found.lost);
            Ok(())
        })
    }
}

/// The texts of a finding, in the order of the fields.
fn texts(found: &engine::Finding) -> [&str; 3] {
    [&found.realm_name, &found.owner, &found.network]
        .map(|text| text.as_deref().unwrap_or_default())
}

/// Puts what was found and not told yet into the audit trail, an entry each, and so into the
/// feed. What goes on is told again a day later.
///
/// Writes how many entries there are to `*count`, which may be NULL.
///
/// Fails with ARGUMENT, and those of a write: it is told with the next call then.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_tell_findings(
    store: *const Store,
    by: *const Actor,
    count: *mut u64,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let by = Actor::read(by)?;
            let told = open.engine.tell_findings(&by)?;
            ptr::tell(count, told);
            Ok(())
        })
    }
}

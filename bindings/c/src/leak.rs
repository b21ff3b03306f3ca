//! Find tokens where they should not be.

use std::ffi::{c_char, c_void};

use engine::{Alert, Alerts, ErrorKind, Leak as Found, RuleFormat};

use crate::failure::{Failure, Stop, argument};
use crate::guard;
use crate::ptr::{Out, Place, Room};
use crate::reader::{Reader, Source};
use crate::realm::known;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::{Open, Store};
use crate::text::Text;

/// In flags of keycask_leak: it is a key's token, and the key is not revoked. It is best revoked,
/// whatever refuses it today.
pub const KEYCASK_TO_REVOKE: u32 = 1;

/// As a format of rules: the TOML of gitleaks 8, beside the rules that it comes with.
pub const KEYCASK_GITLEAKS: u32 = 1;
/// As a format of rules: the YAML of trufflehog 3, a custom detector a kind.
pub const KEYCASK_TRUFFLEHOG: u32 = 2;
/// As a format of rules: the fields of a custom pattern of GitHub's secret scanning, as YAML.
pub const KEYCASK_GITHUB: u32 = 3;

/// A token of the store's kinds that stands in a text. Never the token itself.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Leak {
    /// sizeof(keycask_leak) as this version of the library has it.
    pub struct_size: u32,
    /// KEYCASK_TO_REVOKE or 0.
    pub flags: u32,
    /// The key, if it is one's; else 0.
    pub key: u64,
    /// The owner's number, if it is a key's; else 0.
    pub owner: u32,
    /// The number of the realm of its kind.
    pub realm: u16,
    /// The number of its kind.
    pub kind: u16,
    /// What keycask_verify() would return for a request without scopes: KEYCASK_OK if it is live,
    /// DENY_UNKNOWN if it is nobody's.
    pub status: i32,
    /// 0.
    pub zero: u32,
    /// Bytes before it, from the beginning of the text.
    pub offset: u64,
    /// Its line, from 1.
    pub line: u64,
    /// Its first byte's number in that line, from 1.
    pub column: u64,
    /// Prefix and last four characters, for people.
    pub hint: Text,
    /// Place of the alert in its message, from 1; 0 of a text.
    pub alert: u64,
    /// Of an alert: what GitHub calls the kind of secret. May be empty.
    pub alert_kind: Text,
    /// Of an alert: where GitHub found it, or shows it. May be empty.
    pub alert_url: Text,
    /// Of an alert: what it was found in, such as "content". May be empty.
    pub alert_source: Text,
}

/// What a search came to.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Leaks {
    /// sizeof(keycask_leaks).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// Bytes that were searched.
    pub bytes: u64,
    /// Tokens that were found; one that stands there twice counts twice.
    pub found: u64,
    /// Keys that are to be revoked, each once.
    pub keys: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 8 + 8 bytes, no padding.
unsafe impl Sized for Leaks {}

/// A function of yours that is told of a token that was found. What it is given lasts until it
/// returns. It returns 0 to go on; else the search ends, and its call returns CONFLICT. `context`
/// is what was given beside it.
pub type OnFound = Option<unsafe extern "C" fn(context: *mut c_void, leak: *const Leak) -> i32>;

/// Who is told of what is found.
struct Teller {
    tell: unsafe extern "C" fn(*mut c_void, *const Leak) -> i32,
    context: *mut c_void,
}

impl Teller {
    /// # Safety
    ///
    /// The function can be called with the context for as long as the result lives.
    unsafe fn new(tell: OnFound, context: *mut c_void) -> Result<Self, Stop> {
        let tell = tell.ok_or_else(|| argument("found: it is NULL"))?;
        Ok(Self { tell, context })
    }

    fn tell(&self, leak: &Found, alert: Option<&Alert>) -> engine::Result<()> {
        let text = |text: &str| Text { data: text.as_ptr().cast(), len: text.len() };
        let of_alert = |part: fn(&Alert) -> &String| alert.map_or(text(""), |of| text(part(of)));
        let told = Leak {
            struct_size: u32::try_from(size_of::<Leak>()).unwrap_or(0),
            flags: if leak.is_open() { KEYCASK_TO_REVOKE } else { 0 },
            key: leak.key.map_or(0, engine::KeyId::bits),
            owner: leak.owner.map_or(0, engine::OwnerRef::number),
            realm: leak.realm.number(),
            kind: leak.kind.number(),
            status: leak.refused.map_or(Status::Ok, Status::of_reason) as i32,
            zero: 0,
            offset: leak.place.offset,
            line: leak.place.line,
            column: leak.place.column,
            hint: text(&leak.hint),
            alert: alert.map_or(0, |of| u64::try_from(of.number).unwrap_or(u64::MAX)),
            alert_kind: of_alert(|of| &of.kind),
            alert_url: of_alert(|of| &of.url),
            alert_source: of_alert(|of| &of.source),
        };
        // SAFETY: the pair is as was promised to `new`; the struct is a variable.
        match unsafe { (self.tell)(self.context, &told) } {
            0 => Ok(()),
            _ => Err(engine::Error::new(ErrorKind::Conflict, "found: it ended the search")),
        }
    }
}

/// # Safety
///
/// The promises of the header about each pointer.
unsafe fn search(
    store: *const Store,
    read: Reader,
    found: OnFound,
    context: *mut c_void,
    out: *mut Leaks,
    error: *mut Failure,
    how: impl FnOnce(&Open, Source, &Teller) -> engine::Result<engine::Leaks>,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let out = Place::new(out)?;
            let read = read.ok_or_else(|| argument("read: it is NULL"))?;
            let teller = Teller::new(found, context)?;
            let leaks = how(open, Source::new(read, context), &teller)?;
            out.put(Leaks {
                struct_size: 0,
                zero: 0,
                bytes: leaks.bytes,
                found: leaks.found,
                keys: u64::try_from(leaks.keys.len()).unwrap_or(u64::MAX),
            });
            Ok(())
        })
    }
}

/// Reads the text that `read` gives to its end, and tells `found` of each token in it that
/// belongs to a kind of this store, of whatever realm, and of which key it is.
/// keycask_revoke_many() ends those keys.
///
/// The text is not trusted and may be of any bytes and any length: the search takes 128 KiB of
/// memory and a time that grows as its length. It leaves no trace: no rate, quota, count or last
/// use.
///
/// `context` goes to both functions. Writes `*out`.
///
/// Fails with ARGUMENT, IO (`read` fails), CONFLICT (`found` ended the search).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_leaked(
    store: *const Store,
    read: Reader,
    found: OnFound,
    context: *mut c_void,
    out: *mut Leaks,
    error: *mut Failure,
) -> Status {
    // SAFETY: the promises of the header are those of `search`.
    unsafe {
        search(store, read, found, context, out, error, |open, text, teller| {
            open.engine.leaked(text, |leak| teller.tell(leak, None))
        })
    }
}

/// The same in the secrets of a message of GitHub's secret scanning, which is JSON: one to a
/// partner, or alerts as the REST API has them. It is read to its end, 32 MiB at most, before
/// anything is told. Places count within a secret.
///
/// Fails as keycask_leaked() does, and with ARGUMENT for what is no such message: as GitHub's
/// webhooks, which leave the secret out.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_leaked_alerts(
    store: *const Store,
    read: Reader,
    found: OnFound,
    context: *mut c_void,
    out: *mut Leaks,
    error: *mut Failure,
) -> Status {
    // SAFETY: the promises of the header are those of `search`.
    unsafe {
        search(store, read, found, context, out, error, |open, text, teller| {
            let alerts = Alerts::read(text)?;
            open.engine.leaked_alerts(&alerts, |alert, leak| teller.tell(leak, Some(alert)))
        })
    }
}

/// Writes rules by which another scanner finds the tokens of a realm, or with 0 of all realms, to
/// `text`: KEYCASK_GITLEAKS, ... says for which. Their length goes to `*text_len`; on SPACE the
/// length alone.
///
/// Fails with ARGUMENT, NOT_FOUND (realm), SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_rules(
    store: *const Store,
    realm: u16,
    format: u32,
    text: *mut c_char,
    text_cap: usize,
    text_len: *mut usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (mut room, len) = (Room::new(text, text_cap)?, Out::new(text_len)?);
            let format = match format {
                KEYCASK_GITLEAKS => RuleFormat::Gitleaks,
                KEYCASK_TRUFFLEHOG => RuleFormat::Trufflehog,
                KEYCASK_GITHUB => RuleFormat::Github,
                _ => return Err(argument("format: none with this number")),
            };
            let realms = match realm {
                0 => open.engine.realms(),
                number => vec![known(open, number)?],
            };
            let rules = format.rules(realms.iter().map(AsRef::as_ref));
            room.fill(rules.as_bytes(), &len)
        })
    }
}

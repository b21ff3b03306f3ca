//! How a store is created or opened.

use std::ffi::c_void;

use engine::{Pepper, SealingKey, Step};

use crate::clock::Hands;
use crate::decisions;
use crate::failure::{Stop, argument};
use crate::findings::Patterns;
use crate::ptr;
use crate::sized::Sized;
use crate::text::Text;
use crate::time::{self, KEYCASK_NOW};

/// Bytes of a pepper and of a sealing key.
pub const KEYCASK_SECRET_LEN: usize = 32;
/// Most bytes of a secret of another system.
pub const KEYCASK_IMPORT_SECRET_MAX: usize = 1024;
/// Most secrets of other systems.
pub const KEYCASK_IMPORT_SECRETS_MAX: usize = 1024;

/// In flags of keycask_options: for reading alone, beside a process that writes. What that
/// process changes later is not seen until the store is opened again.
pub const KEYCASK_READ_ONLY: u32 = 1;

/// As a step: the bytes of a file are read and their checksums compared, to open it for writing.
pub const KEYCASK_STEP_READ: u32 = 1;
/// As a step: the rows of a file are read and checked, to open it.
pub const KEYCASK_STEP_OPEN: u32 = 2;
/// As a step: rows are written to another file.
pub const KEYCASK_STEP_COPY: u32 = 3;
/// As a step: the whole of a file is checked, with the audit trail.
pub const KEYCASK_STEP_CHECK: u32 = 4;
/// As a step: keys are swept.
pub const KEYCASK_STEP_SWEEP: u32 = 5;
/// As a step: keys of another system are imported.
pub const KEYCASK_STEP_IMPORT: u32 = 6;
/// As a step: something that this version of the library has no number for.
pub const KEYCASK_STEP_OTHER: u32 = 7;

/// A function of yours that is told how far something long has come: of `step`, which is one of
/// KEYCASK_STEP_..., `done` of `total` rows (of KEYCASK_STEP_READ: bytes), as far as the total is
/// known. `context` is what was given beside it.
///
/// It is called by the thread that does the work, so by several at once if several do; when a
/// step begins and ends, and every few thousand rows or few megabytes between. It is quick,
/// returns normally, and calls nothing of this library.
pub type Progress =
    Option<unsafe extern "C" fn(context: *mut c_void, step: u32, done: u64, total: u64)>;

/// A secret of another system, by the name under which schemes of imported keys have it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ImportSecret {
    /// Its name.
    pub name: Text,
    /// The secret: its pepper, the key of its HMAC, or a salt that is the same for all keys.
    pub secret: *const u8,
    /// Its length, KEYCASK_IMPORT_SECRET_MAX at most.
    pub secret_len: usize,
}

/// How a store is created or opened. All zero but for the size is the default.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Options {
    /// sizeof(keycask_options).
    pub struct_size: u32,
    /// KEYCASK_READ_ONLY or 0.
    pub flags: u32,
    /// A secret that your program keeps outside the file, and that the store was or will be
    /// created with, or was last rotated to: it keys the digests of tokens. NULL for none.
    pub pepper: *const u8,
    /// KEYCASK_SECRET_LEN, or 0 for none.
    pub pepper_len: usize,
    /// The pepper before, until keycask_retire_pepper(). With both, a store opens before that
    /// rotation, during it and after it. NULL for none.
    pub previous_pepper: *const u8,
    /// KEYCASK_SECRET_LEN, or 0 for none.
    pub previous_pepper_len: usize,
    /// A secret under which tokens are sealed that can be revealed. NULL for none.
    pub sealing_key: *const u8,
    /// KEYCASK_SECRET_LEN, or 0 for none.
    pub sealing_key_len: usize,
    /// Secrets of the systems whose keys were or will be imported. Each is needed until no key is
    /// left on a scheme that names it: keycask_imports() tells. NULL for none.
    pub import_secrets: *const ImportSecret,
    /// How many there are; KEYCASK_IMPORT_SECRETS_MAX at most.
    pub import_secrets_len: usize,
    /// 0 or KEYCASK_NOW for the machine's clock. A time: the store's clock stands there until
    /// keycask_set_clock() moves it.
    pub clock_ms: i64,
    /// Size of the page cache in bytes; 0 for 32 MiB. Decisions do not read through it.
    pub cache_bytes: u64,
    /// How many ops keycask_changes() can go back at least; 0 for 100,000. A change of one key,
    /// owner or realm is an op.
    pub log_len: u64,
    /// Refuse, with ROLLED_BACK, a file whose last commit has a lower number: an older one was put
    /// in its place. From keycask_anchor() or keycask_stats(), kept elsewhere. 0 for any.
    pub min_seq: u64,
    /// Most credits of a quota that are taken from the file at once, which is what a crash can
    /// lose of a lineage; 0 for 1000.
    pub lease_max: u64,
    /// What keycask_findings() is to look for; NULL for nothing. Takes 1 MiB, and at most some 14
    /// MiB more as keys are met.
    pub patterns: *const Patterns,
    /// A function that is told how far opening, checking, a backup, restoring, compacting,
    /// sweeping and importing have come, for as long as the store is open. NULL for none.
    pub progress: Progress,
    /// What it is given.
    pub progress_context: *mut c_void,
    /// Which decisions are kept for keycask_decisions(): 0 for none, KEYCASK_DENIALS for every
    /// denial; any other number for every denial and one grant of so many, drawn by chance.
    /// Takes 512 KiB.
    pub decisions: u32,
    /// 0.
    pub zero: u32,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4, then eight
// bytes each, but for 4 + 4 at the end, no padding. Any bytes are a pointer to a function, or
// none, as far as this crate looks at it: it is called, as the caller promises it can be.
unsafe impl Sized for Options {}

impl Options {
    /// The options at `p`, and the clock if the caller moves it.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what cannot be.
    ///
    /// # Safety
    ///
    /// That of `ptr::read`, and the promises of the header about the pointers in it.
    pub(crate) unsafe fn read(p: *const Self) -> Result<(engine::Options, Option<Hands>), Stop> {
        // SAFETY: the caller's promise is the same.
        let options = unsafe { ptr::read(p) }?;
        if options.flags & !KEYCASK_READ_ONLY != 0 {
            return Err(argument("flags: only KEYCASK_READ_ONLY is known"));
        }
        let mut built = engine::Store::options();
        built = built.read_only(options.flags & KEYCASK_READ_ONLY != 0).min_seq(options.min_seq);
        // SAFETY: the caller's promise.
        built = unsafe { options.secrets(built) }?;
        let hands = match options.clock_ms {
            0 | KEYCASK_NOW => None,
            at => Some(Hands::at(time::instant("clock_ms", at)?)),
        };
        if let Some(hands) = &hands {
            built = built.clock(hands.clone());
        }
        if options.cache_bytes != 0 {
            let bytes = usize::try_from(options.cache_bytes);
            built = built.cache_bytes(bytes.map_err(|_| argument("cache_bytes: too large"))?);
        }
        if options.log_len != 0 {
            built = built.log_len(options.log_len);
        }
        if options.lease_max != 0 {
            built = built.lease_max(options.lease_max);
        }
        ptr::zero(options.zero)?;
        // SAFETY: the caller's promise.
        if let Some(patterns) = unsafe { Patterns::read(options.patterns) }? {
            built = built.patterns(patterns);
        }
        built = built.decisions(decisions::chosen(options.decisions));
        if let Some(tell) = options.progress {
            let listener = Listener { tell, context: options.progress_context };
            built = built.progress(move |progress| listener.hear(progress));
        } else if !options.progress_context.is_null() {
            return Err(argument("progress_context: set without progress"));
        }
        Ok((built, hands))
    }

    /// # Safety
    ///
    /// That of [`read`](Self::read).
    unsafe fn secrets(&self, mut built: engine::Options) -> Result<engine::Options, Stop> {
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(bytes) = secret("pepper", self.pepper, self.pepper_len)? {
                built = built.pepper(Pepper::new(bytes));
            }
            if let Some(bytes) =
                secret("previous_pepper", self.previous_pepper, self.previous_pepper_len)?
            {
                built = built.previous_pepper(Pepper::new(bytes));
            }
            if let Some(bytes) = secret("sealing_key", self.sealing_key, self.sealing_key_len)? {
                built = built.sealing_key(SealingKey::new(bytes));
            }
            if self.import_secrets_len > KEYCASK_IMPORT_SECRETS_MAX {
                return Err(argument("import_secrets_len: over KEYCASK_IMPORT_SECRETS_MAX"));
            }
            for other in ptr::array(self.import_secrets, self.import_secrets_len)? {
                let bytes = ptr::bytes(other.secret.cast(), other.secret_len)?;
                built = built.import_secret(other.name.or_empty()?, bytes);
            }
        }
        Ok(built)
    }
}

/// The secret that the header calls `name`, where the caller has it, if there is one.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT` for another length than it has.
///
/// # Safety
///
/// A `p` that is not NULL points to `len` readable bytes, which stay as they are for `'a`.
pub(crate) unsafe fn secret<'a>(
    name: &str,
    p: *const u8,
    len: usize,
) -> Result<Option<&'a [u8; KEYCASK_SECRET_LEN]>, Stop> {
    if p.is_null() && len == 0 {
        return Ok(None);
    }
    if p.is_null() {
        return Err(argument(format!("{name}: it is NULL, and its length is {len}")));
    }
    let wrong = |_| argument(format!("{name}: {len} bytes; {KEYCASK_SECRET_LEN} are wanted"));
    // SAFETY: the caller's promise is the same.
    let bytes = unsafe { ptr::bytes(p.cast(), len) }?;
    Ok(Some(bytes.try_into().map_err(wrong)?))
}

/// Who is told of progress.
struct Listener {
    tell: unsafe extern "C" fn(*mut c_void, u32, u64, u64),
    context: *mut c_void,
}

// SAFETY: the context is handed back as it came and not looked at; the header says that the
// function is called by whichever threads do the work.
unsafe impl Send for Listener {}
// SAFETY: as for `Send`.
unsafe impl Sync for Listener {}

impl Listener {
    fn hear(&self, progress: engine::Progress) {
        let step = match progress.step {
            Step::Read => KEYCASK_STEP_READ,
            Step::Open => KEYCASK_STEP_OPEN,
            Step::Copy => KEYCASK_STEP_COPY,
            Step::Check => KEYCASK_STEP_CHECK,
            Step::Sweep => KEYCASK_STEP_SWEEP,
            Step::Import => KEYCASK_STEP_IMPORT,
            _ => KEYCASK_STEP_OTHER,
        };
        // SAFETY: the caller gave the two as a pair and promises that the function can be called
        // with that context for as long as the store is open.
        unsafe { (self.tell)(self.context, step, progress.done, progress.total) }
    }
}

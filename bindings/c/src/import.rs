//! Take in keys whose tokens another system made.

use std::ffi::{c_char, c_void};

use engine::{ImportLines, ImportOutcome, ImportRules, RealmRef, State};

use crate::actor::Actor;
use crate::failure::{Failure, Stop, argument};
use crate::key::{KEYCASK_ACTIVE, KEYCASK_REVOKED, KEYCASK_SUSPENDED};
use crate::ptr::{self, Out, Outs, Place, Places, Room};
use crate::reader::{Reader, Source};
use crate::sized::Sized;
use crate::status::Status;
use crate::store::{Open, Store};
use crate::text::Text;
use crate::{guard, issue, time};

/// In flags of an import: import nothing, and say what would become of each key.
pub const KEYCASK_IMPORT_DRY_RUN: u32 = 1;
/// In flags of an import: leave refused keys out and import the others. Else it is all or none.
pub const KEYCASK_IMPORT_SKIP_REFUSED: u32 = 2;
/// In flags of an import: make owners that the realm does not have, without a plan of their own.
pub const KEYCASK_IMPORT_MAKE_OWNERS: u32 = 4;
/// In flags of an import: import keys also beyond their owners' caps. They take places all the
/// same.
pub const KEYCASK_IMPORT_IGNORE_CAPS: u32 = 8;

/// Longest token in bytes, whoever made it. A buffer for one that is imported or shown again has at
/// least this capacity.
pub const KEYCASK_IMPORTED_TOKEN_MAX: usize = 512;

const _: () = assert!(KEYCASK_IMPORTED_TOKEN_MAX == engine::Import::TOKEN_MAX);

/// Places that are always enough for what keycask_imports() tells.
pub const KEYCASK_IMPORTS_MAX: usize = 16;
/// Room that is always enough for its texts.
pub const KEYCASK_IMPORTS_TEXT_MAX: usize = 2048;

/// A key whose token another system made. KEYCASK_IMPORT_SPEC_INIT is active and issued now; a
/// spec, and a token or a digest with its scheme, have to be set.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Import {
    /// sizeof(keycask_import_spec).
    pub struct_size: u32,
    /// The state that it has in the other system: KEYCASK_ACTIVE, ...
    pub state: u32,
    /// What the key shall be. Its end may have passed, and its start if the key was issued
    /// before that.
    pub spec: *const issue::Spec,
    /// The token, if it is known: 4 to KEYCASK_IMPORTED_TOKEN_MAX bytes of visible
    /// ASCII without commas, of any shape.
    pub token: Text,
    /// Else what the other system keeps of it, in hex or base64.
    pub digest: Text,
    /// How that was made: ALGORITHM[:PART][:PLACE=SECRET], such as "sha256", "sanctum" or
    /// "hmac-sha256:key=NAME". The secret is named as in import_secrets of keycask_options.
    pub scheme: Text,
    /// What stands in the token before the part that the scheme hashes, such as "17|". May be
    /// left out.
    pub lead: Text,
    /// The last four characters of a token that is not known, for people. May be left out.
    pub last_four: Text,
    /// When the other system issued it: KEYCASK_NOW, or a time that has passed.
    pub issued_ms: i64,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 8, five times
// 16, 8 bytes, no padding.
unsafe impl Sized for Import {}

impl Import {
    /// # Safety
    ///
    /// Those of `ptr::read` for the spec and `Text::given` for each text.
    unsafe fn build(&self, open: &Open) -> Result<engine::Import, Stop> {
        // SAFETY: the caller's promise is the same.
        let spec = unsafe { ptr::read(self.spec)?.ask(open)? };
        // SAFETY: the caller's promise is the same.
        let [token, digest, scheme, lead, last_four] = unsafe {
            let texts = [self.token, self.digest, self.scheme, self.lead, self.last_four];
            let [token, digest, scheme, lead, last_four] = texts.map(|text| text.given());
            [token?, digest?, scheme?, lead?, last_four?]
        };
        let mut built = match (token, digest, scheme, lead) {
            (Some(token), None, None, None) => engine::Import::token(spec, token)?,
            (None, Some(digest), Some(scheme), lead) => {
                let built = engine::Import::digest(spec, scheme.parse()?, digest)?;
                built.lead(lead.unwrap_or_default())
            }
            _ => {
                let why = "an import wants a token, or a digest and its scheme";
                return Err(argument(why));
            }
        };
        built = match self.state {
            KEYCASK_ACTIVE => built.state(State::Active),
            KEYCASK_SUSPENDED => built.state(State::Suspended),
            KEYCASK_REVOKED => built.state(State::Revoked),
            _ => return Err(argument("state: none with this number")),
        };
        if let Some(last_four) = last_four {
            built = built.last_four(last_four);
        }
        Ok(match time::present("issued_ms", self.issued_ms)? {
            Some(issued) => built.issued(issued),
            None => built,
        })
    }
}

/// What became of one key of an import.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Outcome {
    /// The key: the one that was made, or in a dry run would be, under another id; or the one that
    /// the store has of this token already. 0 if it was refused.
    pub key: u64,
    /// OK, or why it was refused.
    pub status: i32,
    /// 1 if the store has the key already, from an earlier import or an earlier place in this one;
    /// else 0.
    pub known: u32,
}

/// What is the same for all lines of an import.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Lines {
    /// sizeof(keycask_lines).
    pub struct_size: u32,
    /// The number of the realm.
    pub realm: u16,
    /// 0.
    pub zero: u16,
    /// The kind of keys whose line names none. May be left out.
    pub kind: Text,
    /// The scheme of digests whose line names none. May be left out.
    pub scheme: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 2 + 2 + 16 + 16
// bytes, no padding.
unsafe impl Sized for Lines {}

impl Lines {
    /// # Safety
    ///
    /// That of `Text::given` for each text.
    unsafe fn build(&self) -> Result<ImportLines, Stop> {
        ptr::zero(self.zero.into())?;
        let mut lines = ImportLines::new(RealmRef::new(self.realm));
        // SAFETY: the caller's promise is the same.
        unsafe {
            if let Some(kind) = self.kind.given()? {
                lines = lines.kind(kind);
            }
            if let Some(scheme) = self.scheme.given()? {
                lines = lines.scheme(scheme.parse()?);
            }
        }
        Ok(lines)
    }
}

/// What became of the lines of an import.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Report {
    /// sizeof(keycask_import_report).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// Lines that were read, empty ones left out.
    pub lines: u64,
    /// Keys that were imported, or in a dry run would be.
    pub imported: u64,
    /// Keys that the store had already.
    pub known: u64,
    /// Lines that were refused.
    pub refused: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4, four times 8 bytes, no padding.
unsafe impl Sized for Report {}

/// Keys of a realm that came from another system.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Imports {
    /// sizeof(keycask_imports_info).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// How many there are, in whatever state.
    pub keys: u64,
    /// The scheme of the other system's digest by which they are still found; empty if they are
    /// found as other keys are, by now or from the beginning.
    pub scheme: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 8 + 16 bytes,
// no padding.
unsafe impl Sized for Imports {}

/// A function of yours that is told of a key that an import refuses: its line from 1 or, of
/// keycask_import(), its place from 0; a status, and why. `context` is what was given beside it.
pub type Refused = Option<
    unsafe extern "C" fn(context: *mut c_void, number: u64, status: i32, why: *const Failure),
>;

/// Who is told of what is refused.
struct Teller {
    tell: Refused,
    context: *mut c_void,
}

impl Teller {
    /// # Safety
    ///
    /// The function can be called with the context, if there is one.
    unsafe fn tell(&self, number: u64, stop: &Stop) {
        let Some(tell) = self.tell else { return };
        let why = stop.failure();
        // SAFETY: the caller's promise; the failure is a variable.
        unsafe { tell(self.context, number, stop.status() as i32, &why) }
    }
}

/// What became of a key, or why it was refused.
fn outcome(outcome: ImportOutcome) -> Result<Outcome, Stop> {
    let (key, known) = match outcome {
        ImportOutcome::Imported(key) => (key, 0),
        ImportOutcome::Known(key) => (key, 1),
        ImportOutcome::Refused(error) => return Err(error.into()),
        _ => return Err(Status::ErrInternal.into()),
    };
    Ok(Outcome { key: key.bits(), status: Status::Ok as i32, known })
}

fn rules(flags: u32) -> Result<ImportRules, Stop> {
    let known = KEYCASK_IMPORT_DRY_RUN
        | KEYCASK_IMPORT_SKIP_REFUSED
        | KEYCASK_IMPORT_MAKE_OWNERS
        | KEYCASK_IMPORT_IGNORE_CAPS;
    if flags & !known != 0 {
        return Err(argument("flags: a bit that this version does not know"));
    }
    Ok(ImportRules::new()
        .dry_run(flags & KEYCASK_IMPORT_DRY_RUN != 0)
        .skip_refused(flags & KEYCASK_IMPORT_SKIP_REFUSED != 0)
        .make_owners(flags & KEYCASK_IMPORT_MAKE_OWNERS != 0)
        .ignore_caps(flags & KEYCASK_IMPORT_IGNORE_CAPS != 0))
}

/// Takes in `count` keys, 1 to KEYCASK_MANY_MAX, whose tokens another system made, in one commit:
/// all of them or, if one is refused and `flags` do not have KEYCASK_IMPORT_SKIP_REFUSED, none.
/// Their holders keep their tokens. Importing the same keys again changes nothing.
///
/// `flags` are KEYCASK_IMPORT_..., or 0. All imports have the struct_size of the first. An import
/// with another is no refused key: the call fails, as for what is wrong with the store.
///
/// Writes what became of import i to `outcomes[i]`, and tells `refused`, which may be NULL, why a
/// key was left out.
///
/// Fails, for the first that is refused and with its place from 0 in the message, with NOT_FOUND
/// (realm, kind, owner, scope or secret), ARGUMENT, CAP, CONFLICT (its token is another key's);
/// with ARGUMENT also if `by` names an operation: there is no need; and with those of a write.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_import(
    store: *const Store,
    imports: *const Import,
    count: usize,
    flags: u32,
    by: *const Actor,
    outcomes: *mut Outcome,
    refused: Refused,
    context: *mut c_void,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            issue::check_count(count)?;
            let imports = ptr::structs(imports, count)?;
            let (outs, rules, by) = (Outs::new(outcomes, count)?, rules(flags)?, Actor::read(by)?);
            let (mut keys, mut refusals) = (Vec::with_capacity(count), Vec::with_capacity(count));
            for (place, import) in imports.enumerate() {
                // A size that is wrong says nothing of where the next struct begins.
                let import = import.map_err(|stop| stop.of("import", place))?;
                refusals.push(match import.build(open) {
                    Ok(key) => {
                        keys.push(key);
                        None
                    }
                    Err(stop) if stop.is_refusal() => Some(stop),
                    Err(stop) => return Err(stop),
                });
            }
            let halt = flags & (KEYCASK_IMPORT_DRY_RUN | KEYCASK_IMPORT_SKIP_REFUSED) == 0;
            let halt = halt && refusals.iter().any(Option::is_some);
            // With a key that is refused already, it is tried whether one before it is, too.
            let tried = if halt { rules.dry_run(true) } else { rules };
            let mut became = open.engine.import(&keys, &tried, &by)?.into_iter();
            let became = refusals.into_iter().map(|refusal| match refusal {
                Some(stop) => Err(stop),
                None => became.next().map_or(Err(Status::ErrInternal.into()), outcome),
            });
            let became = became.collect::<Vec<Result<Outcome, Stop>>>();
            let teller = Teller { tell: refused, context };
            for (place, became) in became.into_iter().enumerate() {
                match became {
                    Ok(_) if halt => {}
                    Ok(outcome) => outs.put(place, outcome),
                    Err(stop) if halt => return Err(stop.of("import", place)),
                    Err(stop) => {
                        teller.tell(u64::try_from(place).unwrap_or(u64::MAX), &stop);
                        let status = stop.status() as i32;
                        outs.put(place, Outcome { key: 0, status, known: 0 });
                    }
                }
            }
            Ok(())
        })
    }
}

/// Imports the key of each line that `read` gives: a JSON object such as {"owner": "ann",
/// "digest": "2cf2...", "scheme": "sha256"}; docs/import.md has all its members.
///
/// Up to KEYCASK_MANY_MAX lines, or 4 MiB of them, are one commit, as keycask_import() does it,
/// and no more are in memory. `refused`, which may be NULL, is told of each line that is refused.
/// If `flags` do not have KEYCASK_IMPORT_SKIP_REFUSED, the lines of the first commit with such a
/// one are not imported, and nothing after them; what was imported before stays, and the same
/// lines can be given again.
///
/// `context` goes to both functions. Writes `*report`.
///
/// Fails as keycask_import() does, with the number of the line in the message, and with IO if
/// `read` fails. If keys of earlier lines were imported, the message says how many.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_import_lines(
    store: *const Store,
    lines: *const Lines,
    read: Reader,
    flags: u32,
    by: *const Actor,
    refused: Refused,
    context: *mut c_void,
    report: *mut Report,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let out = Place::new(report)?;
            let (lines, rules) = (ptr::read(lines)?.build()?, rules(flags)?);
            let read = read.ok_or_else(|| argument("read: it is NULL"))?;
            let (from, by) = (Source::new(read, context), Actor::read(by)?);
            let teller = Teller { tell: refused, context };
            let tell = |number, error: &engine::Error| {
                let error = engine::Error::new(error.kind(), error.to_string());
                teller.tell(number, &error.into());
            };
            let became = open.engine.import_lines(&lines, from, &rules, &by, tell)?;
            out.put(Report {
                struct_size: 0,
                zero: 0,
                lines: became.lines,
                imported: became.imported,
                known: became.known,
                refused: became.refused,
            });
            Ok(())
        })
    }
}

/// Says how many keys of a realm came from another system, by the scheme by which they are still
/// found. Once no key is left on a scheme that has a secret, the store opens without that secret.
///
/// Writes them to `imports`, how many rows that are to `*count`, and their texts to `text`.
/// KEYCASK_IMPORTS_MAX places and KEYCASK_IMPORTS_TEXT_MAX bytes are always enough. All have the
/// struct_size of the first.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_imports(
    store: *const Store,
    realm: u16,
    imports: *mut Imports,
    imports_cap: usize,
    count: *mut usize,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (outs, count) = (Places::new(imports, imports_cap)?, Out::new(count)?);
            let mut room = Room::new(text, text_cap)?;
            let rows = open.engine.imports(RealmRef::new(realm))?;
            if rows.len() > outs.len() {
                return Err(ptr::space());
            }
            let mut filled = Vec::with_capacity(rows.len());
            for (scheme, keys) in &rows {
                let scheme = scheme.as_ref().map(ToString::to_string).unwrap_or_default();
                let [scheme] = Text::all(&mut room, [&scheme]).ok_or_else(ptr::space)?;
                filled.push(Imports { struct_size: 0, zero: 0, keys: *keys, scheme });
            }
            filled.iter().enumerate().for_each(|(at, row)| outs.put(at, *row));
            count.put(rows.len());
            Ok(())
        })
    }
}

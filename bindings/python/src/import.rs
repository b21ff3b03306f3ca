//! Take in keys whose tokens another system made.

use keycask::{ISSUE_MAX, ImportLines, ImportOutcome, ImportRules, Scheme};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use zeroize::Zeroizing;

use crate::actor::By;
use crate::filter::state;
use crate::leaks::Text;
use crate::names::Id;
use crate::record::Many;
use crate::spec::Spec;
use crate::stop::{Stop, argument};
use crate::store::{Store, not_known};
use crate::time::Instant;
use crate::value;

/// A token of another system's, wiped once it was read.
struct Secret(Zeroizing<String>);

impl<'py> FromPyObject<'_, 'py> for Secret {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = object.cast::<PyString>()?;
        match text.to_str() {
            Ok(text) => Ok(Self(Zeroizing::new(text.to_owned()))),
            // What Python says of it has the text.
            Err(_) => Err(PyValueError::new_err("want visible ASCII")),
        }
    }
}

/// The fields of a `keycask.Import`.
#[derive(FromPyObject)]
struct Import {
    spec: Spec,
    token: Option<Secret>,
    digest: Option<String>,
    scheme: Option<String>,
    lead: Option<String>,
    issued: Option<Instant>,
    state: String,
    last_four: Option<String>,
}

impl Import {
    fn import(self, store: &keycask::Store) -> Result<keycask::Import, Stop> {
        let spec = self.spec.spec(store)?;
        let mut import = match (self.token, self.digest, self.scheme) {
            (Some(token), None, None) => keycask::Import::token(spec, &token.0)?,
            (None, Some(digest), Some(scheme)) => {
                keycask::Import::digest(spec, scheme.parse::<Scheme>()?, &digest)?
            }
            _ => return Err(argument("want a token, or a digest and its scheme")),
        };
        if let Some(lead) = self.lead {
            import = import.lead(lead);
        }
        if let Some(issued) = self.issued {
            import = import.issued(issued.0);
        }
        if let Some(characters) = self.last_four {
            import = import.last_four(characters);
        }
        Ok(import.state(state(&self.state)?))
    }
}

struct Outcome(ImportOutcome);

shown!(Outcome as ImportOutcome, |it| {
    what: match it.0 {
        ImportOutcome::Imported(_) => "imported",
        ImportOutcome::Known(_) => "known",
        ImportOutcome::Refused(_) => "refused",
        _ => return Err(Stop::Engine(not_known("an outcome")).into()),
    },
    key_id: match it.0 {
        ImportOutcome::Imported(key) | ImportOutcome::Known(key) => Some(Id(key)),
        _ => None,
    },
    why: match it.0 {
        ImportOutcome::Refused(ref error) => Some(error.to_string()),
        _ => None,
    },
});

struct Report {
    report: keycask::ImportReport,
    refused: Vec<(u64, String)>,
}

shown!(Report as ImportReport, |it| {
    lines: it.report.lines,
    imported: it.report.imported,
    known: it.report.known,
    refused: it.report.refused,
    why: Many(it.refused),
});

#[pymethods]
impl Store {
    /// Takes in keys whose tokens another system made, in one commit: all of them, or none if one
    /// is refused and `skip_refused` is not asked for. Up to `ISSUE_MAX` at a time. Gives what
    /// became of each. Importing the same keys again changes nothing: they are known.
    ///
    /// `dry_run`: imports nothing. `make_owners`: that the realm does not have. `ignore_caps`:
    /// also beyond owners' caps.
    ///
    /// Raises for the first that is refused, with its index from 0: `NotFoundError`,
    /// `ArgumentError`, `CapError`, or `ConflictError` if its token is another key's; what any
    /// change raises.
    #[pyo3(signature = (keys, *, dry_run=false, skip_refused=false, make_owners=false,
                        ignore_caps=false, by))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn import_keys(
        &self,
        py: Python<'_>,
        keys: Vec<Bound<'_, PyAny>>,
        dry_run: bool,
        skip_refused: bool,
        make_owners: bool,
        ignore_caps: bool,
        by: By,
    ) -> Result<Many<Outcome>, Stop> {
        if keys.len() > ISSUE_MAX {
            let why = format!("imports: {}; up to {ISSUE_MAX} are allowed", keys.len());
            return Err(argument(why));
        }
        let keys: Vec<Result<Import, Stop>> = keys.iter().map(value::read).collect();
        let rules = rules(dry_run, skip_refused, make_owners, ignore_caps);
        let halts = !dry_run && !skip_refused;
        self.disk(py, |store| import(store, keys, &rules, halts, &by.0)).map(Many)
    }

    /// Imports the key of each line of `text`, a JSON object as docs/import.md describes it, up to
    /// `ISSUE_MAX` lines, or 4 MiB of them, a commit. `text`: `bytes`, or something with a `read`
    /// that gives `bytes`. `kind`, `scheme`: of lines that do not say. Refused lines are told by
    /// number from 1; if they are not to be skipped, the first batch with one is not imported.
    ///
    /// Raises for the first refused line, with its number; what `import_keys` and `read` do. If
    /// keys of earlier lines were imported, the message, or from Python 3.11 on a note to what
    /// `read` raised, says how many.
    #[pyo3(signature = (text, *, realm, kind=None, scheme=None, dry_run=false,
                        skip_refused=false, make_owners=false, ignore_caps=false, by))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn import_lines(
        &self,
        py: Python<'_>,
        text: &Bound<'_, PyAny>,
        realm: &str,
        kind: Option<String>,
        scheme: Option<&str>,
        dry_run: bool,
        skip_refused: bool,
        make_owners: bool,
        ignore_caps: bool,
        by: By,
    ) -> Result<Report, Stop> {
        let rules = rules(dry_run, skip_refused, make_owners, ignore_caps);
        let scheme = scheme.map(str::parse::<Scheme>).transpose()?;
        let mut text = Text::new(text);
        let mut refused = Vec::new();
        let report = self.disk(py, |store| {
            let mut lines = ImportLines::new(store.realm(realm)?);
            if let Some(kind) = kind {
                lines = lines.kind(kind);
            }
            if let Some(scheme) = scheme {
                lines = lines.scheme(scheme);
            }
            store.import_lines(&lines, &mut text, &rules, &by.0, |line, error| {
                refused.push((line, error.to_string()));
            })
        });
        let said = report.as_ref().err().and_then(Stop::sentence);
        let report = text.or_raise(report).map_err(|stop| match said {
            Some(said) => stop.noting(py, &said),
            None => stop,
        })?;
        Ok(Report { report, refused })
    }

    /// How many keys of a realm are still found by another system's digest, by its scheme, and
    /// under None, how many are of a token that another system made and rehashed since.
    ///
    /// Raises `NotFoundError` for an unknown realm.
    fn imports(&self, realm: &str) -> Result<Many<(Option<String>, u64)>, Stop> {
        let imports = self.memory(|store| store.imports(store.realm(realm)?))??;
        let row =
            |(scheme, keys): (Option<Scheme>, u64)| (scheme.map(|scheme| scheme.to_string()), keys);
        Ok(Many(imports.into_iter().map(row).collect()))
    }
}

/// Imports keys, of which some may be refused before the engine has seen them: as if it had. By
/// `rules` that halt then, nothing is imported once one is refused.
fn import(
    store: &keycask::Store,
    keys: Vec<Result<Import, Stop>>,
    rules: &ImportRules,
    halts: bool,
    by: &keycask::Actor,
) -> Result<Vec<Outcome>, Stop> {
    let (mut built, mut refusals) = (Vec::new(), Vec::new());
    for key in keys {
        let key = key.and_then(|key| key.import(store));
        refusals.push(match key.map_err(Stop::refusal) {
            Ok(key) => {
                built.push(key);
                None
            }
            Err(refusal) => Some(refusal?),
        });
    }
    let halts = halts && refusals.iter().any(Option::is_some);
    // With a key that is refused already, it is tried whether one before it is, too.
    let tried = if halts { rules.dry_run(true) } else { *rules };
    let mut became = store.import(&built, &tried, by)?.into_iter();
    let outcomes = refusals.into_iter().enumerate().map(|(place, refusal)| {
        let outcome = match refusal {
            Some(error) => Some(ImportOutcome::Refused(error)),
            None => became.next(),
        };
        match outcome {
            Some(ImportOutcome::Refused(error)) if halts => {
                Err(Stop::Engine(error).of(format_args!("import {place}")))
            }
            Some(outcome) => Ok(Outcome(outcome)),
            None => Err(Stop::Engine(not_known("an outcome"))),
        }
    });
    outcomes.collect()
}

fn rules(dry_run: bool, skip_refused: bool, make_owners: bool, ignore_caps: bool) -> ImportRules {
    let rules = ImportRules::new().dry_run(dry_run).skip_refused(skip_refused);
    rules.make_owners(make_owners).ignore_caps(ignore_caps)
}

//! Running a script.

use super::Failure;
use super::compare::compare;
use super::stage::{Present, Stage};
use super::step::{Script, Section, Step};
use super::verbs::{Came, Trouble, perform};

/// How much a script did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Commands.
    pub steps: usize,
    /// Requests among them.
    pub requests: usize,
}

/// Runs `script` on a store of its own.
///
/// `files` gives the text of a profile by its path. `watch` sees each step after it was done,
/// with what came of it.
///
/// # Errors
///
/// All that was not as the script says, in its order, and what is wrong with the script.
pub fn run(
    script: &Script,
    files: &dyn Fn(&str) -> Option<String>,
    watch: &mut dyn FnMut(&Section, &Step, &Came),
) -> Result<Tally, Vec<Failure>> {
    let present: Present<'_> = &|store, realm, http, request| store.present(realm, http, request);
    run_through(script, files, present, watch)
}

/// [`run`] with requests that are presented by `present`, and not by [`keycask::Store::present`].
///
/// # Errors
///
/// Those of [`run`].
pub fn run_through(
    script: &Script,
    files: &dyn Fn(&str) -> Option<String>,
    present: Present<'_>,
    watch: &mut dyn FnMut(&Section, &Step, &Came),
) -> Result<Tally, Vec<Failure>> {
    let mut stage = Stage::new(files, present);
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for section in &script.sections {
        for step in &section.steps {
            tally.steps = tally.steps.saturating_add(1);
            tally.requests = tally.requests.saturating_add(usize::from(step.verb == "request"));
            let misses = match perform(&mut stage, step) {
                Ok(came) => seen(&stage, section, step, &came, watch),
                Err(Trouble::Store(error)) => {
                    let came = Came { error: Some(error), ..Came::default() };
                    seen(&stage, section, step, &came, watch)
                }
                Err(Trouble::Script(why)) => vec![(step.line, format!("{}: {why}", step.verb))],
            };
            let failure = |(line, what)| Failure { file: script.file.clone(), line, what };
            failures.extend(misses.into_iter().map(failure));
        }
    }
    if failures.is_empty() { Ok(tally) } else { Err(failures) }
}

fn seen(
    stage: &Stage<'_>,
    section: &Section,
    step: &Step,
    came: &Came,
    watch: &mut dyn FnMut(&Section, &Step, &Came),
) -> Vec<super::compare::Miss> {
    watch(section, step, came);
    compare(stage, step, came)
}

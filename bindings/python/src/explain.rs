//! Every check of a decision.

use keycask::Result as Engine;
use pyo3::prelude::*;

use crate::key::Key;
use crate::record::Many;
use crate::request::{Given, Request, ask};
use crate::stop::Stop;
use crate::store::Store;
use crate::text;

struct Check(keycask::Check);

shown!(Check as Check, |check| {
    name: check.0.name,
    passed: check.0.passed,
    detail: check.0.detail,
});

struct Explanation {
    refused_by: Option<&'static str>,
    checks: Vec<keycask::Check>,
    key: Option<Key>,
    required: Vec<String>,
    present: Vec<String>,
    missing: Vec<String>,
}

shown!(Explanation as Explanation, |it| {
    refused_by: it.refused_by,
    checks: Many(it.checks.into_iter().map(Check).collect()),
    key: it.key,
    required: Many(it.required),
    present: Many(it.present),
    missing: Many(it.missing),
});

#[pymethods]
impl Store {
    /// What `verify` would decide, or with a `method` `present`, and every check on the way,
    /// passed or not. For people who look into a refusal: it charges nothing and marks nothing.
    ///
    /// Raises `NotFoundError` for a name that there is none of; `IoError` or `CorruptError` if the
    /// file cannot be read.
    #[pyo3(signature = (token, request=None, /, *, method=None, realm=None, scopes=None,
                        kinds=None, cost=None, address=None, at=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn explain(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        request: Option<&Bound<'_, Request>>,
        method: Option<&str>,
        realm: Option<&Bound<'_, PyAny>>,
        scopes: Option<&Bound<'_, PyAny>>,
        kinds: Option<&Bound<'_, PyAny>>,
        cost: Option<&Bound<'_, PyAny>>,
        address: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
    ) -> Result<Explanation, Stop> {
        let given = Given { realm, scopes, kinds, cost, address, at };
        let asked = ask(self, request, given, |_, asked| Ok(asked.clone()))?;
        let token = zeroize::Zeroizing::new(text::bytes(token)?.into_owned());
        self.disk(py, |store| -> Engine<_> {
            let explained = store.explain(asked.realm, &token, method, &asked.request)?;
            let profile = store.profile(asked.realm)?;
            let names = |set| profile.scope_names(set).into_iter().map(str::to_owned).collect();
            let refused_by = explained.refused_by();
            Ok(Explanation {
                refused_by,
                checks: explained.checks,
                key: explained.key.map(|info| Key::of(store, info)).transpose()?,
                required: names(explained.required),
                present: names(explained.present),
                missing: names(explained.missing),
            })
        })
    }
}

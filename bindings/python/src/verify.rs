//! Decide about tokens.

use keycask::{Refusal, VerifyError};
use pyo3::prelude::*;

use crate::grant::Grant;
use crate::request::{Asked, Given, Request, ask};
use crate::stop::Stop;
use crate::store::Store;
use crate::text;
use crate::verdict::{Verdict, raised};

/// What `made` makes of the decision about `token`, right where it was come to: see [`ask`].
#[inline(always)]
fn decide<T>(
    store: &keycask::Store,
    asked: &Asked,
    token: &[u8],
    made: impl FnOnce(Result<keycask::Grant, Refusal>) -> PyResult<T>,
) -> Result<T, Stop> {
    match store.verify(asked.realm, token, &asked.request) {
        Ok(grant) => Ok(made(Ok(grant))?),
        Err(VerifyError::Denied(denial)) => Ok(made(Err(denial.into()))?),
        Err(VerifyError::Failed(error)) => Err(error.into()),
    }
}

#[pymethods]
impl Store {
    /// The grant for `token`, if it may do what is asked.
    ///
    /// What is asked is a `request`, which `Store.request` prepared, or given by `realm`,
    /// `scopes`, `kinds` and `cost`, as there. `address`: where the request comes from, `str` or
    /// `ipaddress`; without one, a key that has networks is denied. `at`: decides as of then.
    ///
    /// From memory alone, with the interpreter lock, unless the key has a quota of which too few
    /// credits are in memory: that makes a commit, for which the interpreter waits, also while
    /// another thread does what writes for long, such as `compact`. `flush` is ahead of it.
    ///
    /// Raises a `Denied` for a token that is refused, `Revoked` and so on, one class a reason;
    /// `NotFoundError` for a name that there is none of; `ForkedError`, `ClosedError`.
    #[pyo3(signature = (token, request=None, /, *, realm=None, scopes=None, kinds=None, cost=None,
                        address=None, at=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn verify(
        slf: &Bound<'_, Self>,
        token: &Bound<'_, PyAny>,
        request: Option<&Bound<'_, Request>>,
        realm: Option<&Bound<'_, PyAny>>,
        scopes: Option<&Bound<'_, PyAny>>,
        kinds: Option<&Bound<'_, PyAny>>,
        cost: Option<&Bound<'_, PyAny>>,
        address: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
    ) -> Result<Py<Grant>, Stop> {
        let given = Given { realm, scopes, kinds, cost, address, at };
        let (py, token) = (slf.py(), text::bytes(token)?);
        let decided = ask(slf.get(), request, given, |store, asked| {
            decide(store, asked, &token, |decided| {
                let of = slf.clone().unbind();
                Ok(match decided {
                    Ok(grant) => Ok(Py::new(py, Grant::new(of, grant))?),
                    denied => Err(Py::new(py, Verdict::new(of, asked.realm, denied))?),
                })
            })
        })?;
        decided.map_err(|verdict| raised(verdict.bind(py)))
    }

    /// What `verify` decides, as a verdict: true for a grant, false for a denial, whatever the
    /// token is.
    ///
    /// Raises `NotFoundError` for a name that there is none of; `ForkedError`, `ClosedError`; for
    /// no token.
    #[pyo3(signature = (token, request=None, /, *, realm=None, scopes=None, kinds=None, cost=None,
                        address=None, at=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn check(
        slf: &Bound<'_, Self>,
        token: &Bound<'_, PyAny>,
        request: Option<&Bound<'_, Request>>,
        realm: Option<&Bound<'_, PyAny>>,
        scopes: Option<&Bound<'_, PyAny>>,
        kinds: Option<&Bound<'_, PyAny>>,
        cost: Option<&Bound<'_, PyAny>>,
        address: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
    ) -> Result<Py<Verdict>, Stop> {
        let given = Given { realm, scopes, kinds, cost, address, at };
        let (py, token) = (slf.py(), text::bytes(token)?);
        ask(slf.get(), request, given, |store, asked| {
            decide(store, asked, &token, |decided| {
                Py::new(py, Verdict::new(slf.clone().unbind(), asked.realm, decided))
            })
        })
    }

    /// Verdicts about several tokens, in their order, as `check` gives them. Faster a token.
    ///
    /// Raises what `check` does.
    #[pyo3(signature = (tokens, request=None, /, *, realm=None, scopes=None, kinds=None, cost=None,
                        address=None, at=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one call")]
    fn check_many(
        slf: &Bound<'_, Self>,
        tokens: &Bound<'_, PyAny>,
        request: Option<&Bound<'_, Request>>,
        realm: Option<&Bound<'_, PyAny>>,
        scopes: Option<&Bound<'_, PyAny>>,
        kinds: Option<&Bound<'_, PyAny>>,
        cost: Option<&Bound<'_, PyAny>>,
        address: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
    ) -> Result<Vec<Py<Verdict>>, Stop> {
        let given = Given { realm, scopes, kinds, cost, address, at };
        let tokens = tokens.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let texts = tokens.iter().map(text::bytes).collect::<PyResult<Vec<_>>>()?;
        let texts: Vec<&[u8]> = texts.iter().map(|text| &**text).collect();
        ask(slf.get(), request, given, |store, asked| {
            let mut answers = Vec::with_capacity(texts.len());
            store.verify_many(asked.realm, &texts, &asked.request, &mut answers)?;
            let verdict = |decided: Result<_, keycask::Denial>| {
                let of = slf.clone().unbind();
                Py::new(slf.py(), Verdict::new(of, asked.realm, decided.map_err(Into::into)))
            };
            Ok(answers.into_iter().map(verdict).collect::<PyResult<_>>()?)
        })
    }
}

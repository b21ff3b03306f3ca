//! Decide about tokens.

use std::net::IpAddr;

use keycask::VerifyError;
use pyo3::prelude::*;

use crate::grant::Grant;
use crate::names::Names;
use crate::request::{Asked, Named, Request, asked};
use crate::stop::Stop;
use crate::store::Store;
use crate::text;
use crate::time::Instant;
use crate::verdict::Verdict;

/// A decision about `token`, or why there is none.
#[inline]
fn decide(
    of: &Store,
    token: &Bound<'_, PyAny>,
    request: Option<&Bound<'_, Request>>,
    named: Named<'_>,
    address: Option<IpAddr>,
    at: Option<Instant>,
) -> Result<(Asked, Result<keycask::Grant, VerifyError>), Stop> {
    let token = text::bytes(token)?;
    of.memory(|store| {
        let asked = asked(of, store, request, named, address, at)?;
        let decided = store.verify(asked.realm, &token, &asked.request);
        Ok((asked, decided))
    })?
}

#[pymethods]
impl Store {
    /// The grant for `token`, if it may do what is asked.
    ///
    /// What is asked is a `request`, which `Store.request` prepared, or given by `realm`,
    /// `scopes`, `kinds` and `cost`. `address`: where the request comes from, `str` or
    /// `ipaddress`; without one, a key that has networks is denied. `at`: decides as of then.
    ///
    /// From memory alone, with the interpreter lock, unless the key has a quota of which too few
    /// credits are in memory: that makes a commit, and `flush` from another thread is ahead of it.
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
        realm: Option<&str>,
        scopes: Option<Names>,
        kinds: Option<Names>,
        cost: Option<u32>,
        address: Option<IpAddr>,
        at: Option<Instant>,
    ) -> Result<Grant, Stop> {
        let named = Named { realm, scopes, kinds, cost };
        let (asked, decided) = decide(slf.get(), token, request, named, address, at)?;
        let store = slf.clone().unbind();
        match decided {
            Ok(grant) => Ok(Grant::new(store, grant)),
            Err(VerifyError::Failed(error)) => Err(error.into()),
            Err(VerifyError::Denied(denial)) => {
                Err(Verdict::new(store, asked.realm, Err(denial.into())).raised(slf.py()))
            }
        }
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
        realm: Option<&str>,
        scopes: Option<Names>,
        kinds: Option<Names>,
        cost: Option<u32>,
        address: Option<IpAddr>,
        at: Option<Instant>,
    ) -> Result<Verdict, Stop> {
        let named = Named { realm, scopes, kinds, cost };
        let (asked, decided) = decide(slf.get(), token, request, named, address, at)?;
        let decided = match decided {
            Ok(grant) => Ok(grant),
            Err(VerifyError::Failed(error)) => return Err(error.into()),
            Err(VerifyError::Denied(denial)) => Err(denial.into()),
        };
        Ok(Verdict::new(slf.clone().unbind(), asked.realm, decided))
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
        realm: Option<&str>,
        scopes: Option<Names>,
        kinds: Option<Names>,
        cost: Option<u32>,
        address: Option<IpAddr>,
        at: Option<Instant>,
    ) -> Result<Vec<Verdict>, Stop> {
        let named = Named { realm, scopes, kinds, cost };
        let tokens = tokens.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let texts = tokens.iter().map(text::bytes).collect::<PyResult<Vec<_>>>()?;
        let texts: Vec<&[u8]> = texts.iter().map(|text| &**text).collect();
        let of = slf.get();
        let (realm, answers) = of.memory(|store| {
            let asked = asked(of, store, request, named, address, at)?;
            let mut answers = Vec::with_capacity(texts.len());
            store.verify_many(asked.realm, &texts, &asked.request, &mut answers)?;
            Ok::<_, Stop>((asked.realm, answers))
        })??;
        let verdict = |decided: Result<_, keycask::Denial>| {
            Verdict::new(slf.clone().unbind(), realm, decided.map_err(Into::into))
        };
        Ok(answers.into_iter().map(verdict).collect())
    }
}

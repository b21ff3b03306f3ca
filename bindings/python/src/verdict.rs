//! What was decided.

use std::time::Duration;

use keycask::{RealmRef, Reason, Refusal, ScopeSet};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::code;
use crate::grant::{Grant, ShownCredits, ShownRate};
use crate::names::Id;
use crate::record::Many;
use crate::stop::Stop;
use crate::store::Store;
use crate::time::span;

/// What was decided about a token. It is true for a grant, and for nothing else.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Verdict {
    store: Py<Store>,
    realm: RealmRef,
    decided: Result<keycask::Grant, Refusal>,
}

impl Verdict {
    #[inline]
    pub(crate) fn new(
        store: Py<Store>,
        realm: RealmRef,
        decided: Result<keycask::Grant, Refusal>,
    ) -> Self {
        Self { store, realm, decided }
    }

    fn denied_for(&self) -> Option<&Reason> {
        match &self.decided {
            Err(Refusal::Denied(denial)) => Some(&denial.reason),
            _ => None,
        }
    }

    /// The scopes that were needed, and those that were there.
    fn scopes(&self) -> (ScopeSet, ScopeSet) {
        match self.denied_for() {
            Some(Reason::Scope { required, present }) => (*required, *present),
            _ => (ScopeSet::empty(), ScopeSet::empty()),
        }
    }

    fn names(&self, scopes: ScopeSet) -> Result<Many<String>, Stop> {
        let profile = self.store.get().memory(|store| store.profile(self.realm))??;
        Ok(Many(profile.scope_names(scopes).into_iter().map(str::to_owned).collect()))
    }
}

/// The exception for a denial, to be raised.
#[cold]
pub(crate) fn raised(verdict: &Bound<'_, Verdict>) -> Stop {
    match denied(verdict) {
        Ok(denied) => Stop::Python(PyErr::from_value(denied)),
        Err(error) => Stop::Python(error),
    }
}

/// The exception for a denial.
fn denied<'py>(verdict: &Bound<'py, Verdict>) -> PyResult<Bound<'py, PyAny>> {
    static DENIED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    DENIED.import(verdict.py(), "keycask._errors", "denied")?.call1((verdict,))
}

#[pymethods]
impl Verdict {
    #[inline]
    pub(crate) fn __bool__(&self) -> bool {
        self.decided.is_ok()
    }

    /// The status that the C ABI has for it: 0 granted, above 0 a denial.
    #[getter]
    fn code(&self) -> i32 {
        match &self.decided {
            Ok(_) => 0,
            Err(Refusal::Denied(denial)) => code::of_reason(denial.reason),
            Err(Refusal::Unpresented(why)) => code::of_unpresented(*why),
            Err(_) => code::OTHER,
        }
    }

    /// Why it was denied, in lower case, as `revoked`; None for a grant. It is for you and your
    /// log: to clients every denial but `scope` and `rate_limited` should look alike.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        match &self.decided {
            Ok(_) => None,
            Err(Refusal::Denied(denial)) => Some(denial.reason.name()),
            Err(Refusal::Unpresented(why)) => Some(why.name()),
            Err(_) => Some("other"),
        }
    }

    /// Of `malformed`, what is wrong: `prefix`, `length`, `character` or `checksum`.
    #[getter]
    fn detail(&self) -> Option<&'static str> {
        match self.denied_for() {
            Some(Reason::Malformed(malformed)) => Some(malformed.name()),
            _ => None,
        }
    }

    /// The key's public name, where the token is one's.
    #[getter]
    fn key_id(&self) -> Option<Id> {
        match &self.decided {
            Ok(grant) => Some(Id(grant.key_id)),
            Err(Refusal::Denied(denial)) => denial.key.map(Id),
            Err(_) => None,
        }
    }

    /// The grant; None for a denial.
    #[getter]
    fn grant(&self, py: Python<'_>) -> Option<Grant> {
        self.decided.as_ref().ok().map(|grant| Grant::new(self.store.clone_ref(py), *grant))
    }

    /// The exception that `verify` would raise; None for a grant.
    #[getter]
    fn denial(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyAny>>> {
        match slf.get().decided {
            Ok(_) => Ok(None),
            Err(_) => denied(slf).map(|denied| Some(denied.unbind())),
        }
    }

    /// Of `scope`, names of the scopes that were needed; else none.
    #[getter]
    fn required(&self) -> Result<Many<String>, Stop> {
        self.names(self.scopes().0)
    }

    /// Of `scope`, names of the scopes that the key may use; else none.
    #[getter]
    fn present(&self) -> Result<Many<String>, Stop> {
        self.names(self.scopes().1)
    }

    /// Of `scope`, names of the scopes that were needed and not there; else none.
    #[getter]
    fn missing(&self) -> Result<Many<String>, Stop> {
        let (required, present) = self.scopes();
        self.names(required - present)
    }

    /// Of `rate_limited` and `quota_exhausted`, when to ask again; None if never, and of others.
    #[getter]
    fn retry_after(&self) -> Option<Duration> {
        match self.denied_for() {
            Some(
                Reason::RateLimited { retry_ms, .. } | Reason::QuotaExhausted { retry_ms, .. },
            ) => span(*retry_ms),
            _ => None,
        }
    }

    /// The rate window that decided, or of a grant the one that is nearest to its limit.
    #[getter]
    fn rate(&self) -> Option<ShownRate> {
        match &self.decided {
            Ok(grant) => grant.rate.map(ShownRate),
            Err(Refusal::Denied(keycask::Denial {
                reason: Reason::RateLimited { rate, .. },
                ..
            })) => Some(ShownRate(*rate)),
            Err(_) => None,
        }
    }

    /// The credits of the key's quota, if they decided or it was granted.
    #[getter]
    fn credits(&self) -> Option<ShownCredits> {
        match (&self.decided, self.denied_for()) {
            (Ok(grant), _) => grant.credits.map(ShownCredits),
            (_, Some(Reason::QuotaExhausted { credits, .. })) => Some(ShownCredits(*credits)),
            _ => None,
        }
    }

    /// The outcome for people, without a secret.
    fn __str__(&self) -> String {
        match &self.decided {
            Ok(grant) => format!("{} is granted", grant.key_id),
            Err(refusal) => refusal.to_string(),
        }
    }

    fn __repr__(&self) -> String {
        format!("<keycask.Verdict: {}>", self.__str__())
    }
}

not_pickled!(Verdict, "a verdict is not pickled: take what you need of it");

//! A token that was accepted.

use std::sync::OnceLock;

use keycask::{Credits, Description, Rate};
use pyo3::prelude::*;

use crate::names::Id;
use crate::record::Many;
use crate::stop::Stop;
use crate::store::Store;
use crate::time::{Instant, span};

/// A token was accepted: whose it is and what it may do.
///
/// Text is looked up when it is first asked for, and raises `ClosedError` if the store was closed
/// by then.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Grant {
    store: Py<Store>,
    grant: keycask::Grant,
    text: OnceLock<Box<Description>>,
}

impl Grant {
    #[inline]
    pub(crate) fn new(store: Py<Store>, grant: keycask::Grant) -> Self {
        Self { store, grant, text: OnceLock::new() }
    }

    fn text(&self) -> Result<&Description, Stop> {
        if let Some(text) = self.text.get() {
            return Ok(text);
        }
        let text = self.store.get().memory(|store| store.describe(&self.grant))??;
        Ok(self.text.get_or_init(|| Box::new(text)))
    }
}

/// A rate window as it stands after a decision.
pub(crate) struct ShownRate(pub Rate);

shown!(ShownRate as Rate, |it| {
    limit: it.0.limit,
    remaining: it.0.remaining,
    reset: Instant(it.0.reset),
    period: span(it.0.period_ms),
});

/// The credits of a quota as they stand after a decision.
pub(crate) struct ShownCredits(pub Credits);

shown!(ShownCredits as Credits, |it| {
    limit: it.0.limit,
    remaining: it.0.remaining,
    reset: Instant(it.0.reset),
});

#[pymethods]
impl Grant {
    /// The key's public name. It may be logged.
    #[getter]
    fn key_id(&self) -> Id {
        Id(self.grant.key_id)
    }

    /// The realm that accepted the token.
    #[getter]
    fn realm(&self) -> Result<&str, Stop> {
        Ok(&self.text()?.realm)
    }

    /// Whose key it is: your own id.
    #[getter]
    fn owner(&self) -> Result<&str, Stop> {
        Ok(&self.text()?.owner)
    }

    /// The owner's plan; None without one.
    #[getter]
    fn plan(&self) -> Result<Option<&str>, Stop> {
        Ok(self.text()?.plan.as_deref())
    }

    /// The name of the key's kind.
    #[getter]
    fn kind(&self) -> Result<&str, Stop> {
        Ok(&self.text()?.kind)
    }

    /// The kind's environment; empty if the profile names none.
    #[getter]
    fn environment(&self) -> Result<&str, Stop> {
        Ok(&self.text()?.environment)
    }

    /// The prefix of the key's token.
    #[getter]
    fn prefix(&self) -> Result<&str, Stop> {
        Ok(&self.text()?.prefix)
    }

    /// Names of all scopes that the token may use, those included that others imply.
    #[getter]
    fn scopes(&self) -> Result<Many<&str>, Stop> {
        Ok(Many(self.text()?.scopes.iter().map(String::as_str).collect()))
    }

    /// When the key ends; `NEVER` if it does not.
    #[getter]
    fn end(&self) -> Instant {
        Instant(self.grant.end)
    }

    /// Whether the key was rotated and lives on only for its grace.
    #[getter]
    fn in_grace(&self) -> bool {
        self.grant.in_grace
    }

    /// The rate window that is nearest to its limit; None if the owner's plan has none.
    #[getter]
    fn rate(&self) -> Option<ShownRate> {
        self.grant.rate.map(ShownRate)
    }

    /// The credits of the key's quota; None if it has none.
    #[getter]
    fn credits(&self) -> Option<ShownCredits> {
        self.grant.credits.map(ShownCredits)
    }

    fn __repr__(&self) -> String {
        format!("<keycask.Grant of {}>", self.grant.key_id)
    }
}

not_pickled!(Grant, "a grant is not pickled: take what you need of it");

//! Make keys.

use keycask::Result as Engine;
use pyo3::prelude::*;

use crate::actor::By;
use crate::key::Key;
use crate::record::Many;
use crate::spec::Spec;
use crate::stop::Stop;
use crate::store::Store;
use crate::token::Token;
use crate::value;

/// A new key and its token.
pub(crate) struct Issued {
    key: Key,
    token: keycask::Token,
}

impl Issued {
    pub(crate) fn of(store: &keycask::Store, issued: keycask::Issued) -> Engine<Self> {
        Ok(Self { key: Key::of(store, issued.key)?, token: issued.token })
    }
}

shown!(Issued as Issued, |it| { key: it.key, token: Token(it.token) });

#[pymethods]
impl Store {
    /// Makes a key and its token. When it returns, the key is durable and every verify that begins
    /// later finds it. The token is given here and, unless the kind can be revealed, never again.
    ///
    /// Raises `NotFoundError` for an unknown realm, kind, owner, scope or set; `ArgumentError` for
    /// what is out of its limits; `CapError` if the owner has as many active keys as it may; what
    /// any change raises: `LockedError`, `ReadOnlyError`, `FullError`, `IoError`, `PoisonedError`,
    /// `IndeterminateError`, `UnconfirmedError`, `ForkedError`, `ClosedError`.
    #[pyo3(signature = (spec, *, by))]
    fn issue(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = value::given)] spec: Spec,
        by: By,
    ) -> Result<Issued, Stop> {
        self.disk(py, |store| -> Result<_, Stop> {
            let issued = store.issue(&spec.spec(store)?, &by.0)?;
            Ok(Issued::of(store, issued)?)
        })
    }

    /// Makes a key and its token for each of `specs`, in their order and in one commit: all of
    /// them or, if one is refused, none. Up to `ISSUE_MAX` at a time.
    ///
    /// Raises what `issue` does; a message about a spec begins with its index from 0.
    #[pyo3(signature = (specs, *, by))]
    fn issue_many(
        &self,
        py: Python<'_>,
        specs: Vec<Bound<'_, PyAny>>,
        by: By,
    ) -> Result<Many<Issued>, Stop> {
        let specs: Vec<Result<Spec, Stop>> = specs.iter().map(value::read).collect();
        self.disk(py, |store| -> Result<_, Stop> {
            let specs = specs.into_iter().enumerate().map(|(place, spec)| {
                spec.and_then(|spec| spec.spec(store))
                    .map_err(|stop| stop.of(format_args!("spec {place}")))
            });
            let specs = specs.collect::<Result<Vec<_>, _>>()?;
            let issued = store.issue_many(&specs, &by.0)?.into_iter();
            Ok(issued.map(|issued| Issued::of(store, issued)).collect::<Engine<_>>().map(Many)?)
        })
    }
}

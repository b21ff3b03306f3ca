//! Tokens in texts where they should not be.

use std::io::{self, Read};

use keycask::{Alert, Alerts, Error, ErrorKind, Leak, Reason};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zeroize::Zeroize;

use crate::names::Id;
use crate::record::Many;
use crate::stop::Stop;
use crate::store::{Store, call_back, realm_name};

/// Text that Python gives: all of it as `bytes`, or by and by from a `read`. A chunk is wiped
/// here once it was read on.
pub(crate) struct Text {
    source: Py<PyAny>,
    whole: bool,
    chunk: Vec<u8>,
    at: usize,
    ended: bool,
    /// What `read` raised.
    raised: Option<PyErr>,
}

const CHUNK: usize = 1 << 16;

impl Text {
    pub(crate) fn new(source: &Bound<'_, PyAny>) -> Self {
        let whole = source.is_instance_of::<PyBytes>();
        let source = source.clone().unbind();
        Self { source, whole, chunk: Vec::new(), at: 0, ended: false, raised: None }
    }

    /// What came of reading this: first of all, what the caller's own `read` raised.
    pub(crate) fn or_raise<T>(mut self, result: Result<T, Stop>) -> Result<T, Stop> {
        match self.raised.take() {
            Some(raised) => Err(raised.into()),
            None => result,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.chunk.zeroize();
        self.at = 0;
        let read = call_back(|py| -> PyResult<Vec<u8>> {
            let source = self.source.bind(py);
            if self.whole {
                return source.extract();
            }
            let chunk = source.call_method1(intern!(py, "read"), (CHUNK,))?;
            Ok(chunk.cast::<PyBytes>()?.as_bytes().to_vec())
        });
        match read {
            Ok(chunk) => {
                self.ended = self.whole || chunk.is_empty();
                self.chunk = chunk;
                Ok(())
            }
            Err(error) => {
                self.raised = Some(error);
                Err(io::Error::other("read raised"))
            }
        }
    }
}

impl Read for Text {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() && !self.ended {
            self.refill()?;
        }
        let mut rest = self.chunk.get(self.at..).unwrap_or_default();
        let read = rest.read(into)?;
        self.at = self.at.saturating_add(read);
        Ok(read)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        self.chunk.zeroize();
    }
}

struct Found {
    leak: Leak,
    realm: String,
    kind: String,
    owner: Option<String>,
    alert: Option<Alert>,
}

impl Found {
    fn of(store: &keycask::Store, leak: &Leak, alert: Option<&Alert>) -> keycask::Result<Self> {
        let profile = store.profile(leak.realm)?;
        let owner = leak.owner.map(|owner| store.owner_id(owner)).transpose()?;
        Ok(Self {
            leak: leak.clone(),
            realm: realm_name(store, leak.realm)?,
            kind: profile.kind_name(leak.kind).unwrap_or_default().to_owned(),
            owner: owner.map(|(_, id)| id.to_owned()),
            alert: alert.cloned(),
        })
    }
}

shown!(Found as Leak, |it| {
    offset: it.leak.place.offset,
    line: it.leak.place.line,
    column: it.leak.place.column,
    realm: it.realm,
    kind: it.kind,
    hint: &it.leak.hint,
    key_id: it.leak.key.map(Id),
    owner: it.owner,
    refused: it.leak.refused.map(Reason::name),
    live: it.leak.is_live(),
    open: it.leak.is_open(),
    alert: it.alert.map(ShownAlert),
});

struct ShownAlert(Alert);

shown!(ShownAlert as Alert, |alert| {
    number: alert.0.number,
    kind: alert.0.kind,
    url: alert.0.url,
    source: alert.0.source,
});

struct Leaks(keycask::Leaks);

shown!(Leaks as Leaks, |leaks| {
    bytes: leaks.0.bytes,
    found: leaks.0.found,
    keys: Many(leaks.0.keys.into_iter().map(Id).collect()),
});

/// Tells Python of what is found, and keeps what it raises, which ends the search.
struct Listener<'a> {
    found: &'a Py<PyAny>,
    raised: Option<PyErr>,
}

impl Listener<'_> {
    fn tell(&mut self, found: Found) -> keycask::Result<()> {
        let told = call_back(|py| self.found.call1(py, (found,)).map(drop));
        told.map_err(|error| {
            self.raised = Some(error);
            Error::new(ErrorKind::Io, "found raised")
        })
    }
}

#[pymethods]
impl Store {
    /// Searches a text for tokens of this store's kinds, and calls `found` with a `Leak` for each,
    /// in order. `text`: `bytes`, or something with a `read` that gives `bytes`.
    ///
    /// It decides as `verify` does and leaves no trace. The text is not trusted. A key of which a
    /// token was found is best revoked: `keys` of the result are those.
    ///
    /// Raises what `read` and `found` do, which ends the search; `ForkedError`, `ClosedError`.
    fn leaked(
        &self,
        py: Python<'_>,
        text: &Bound<'_, PyAny>,
        found: Py<PyAny>,
    ) -> Result<Leaks, Stop> {
        let mut text = Text::new(text);
        let mut listener = Listener { found: &found, raised: None };
        let leaks = self.disk(py, |store| {
            store.leaked(&mut text, |leak| listener.tell(Found::of(store, leak, None)?))
        });
        match listener.raised {
            Some(raised) => Err(raised.into()),
            None => text.or_raise(leaks).map(Leaks),
        }
    }

    /// The same in the secrets of a message of GitHub's secret scanning, each `Leak` with its
    /// `Alert`. Places count within a secret.
    ///
    /// Raises `ArgumentError` for what is no such message; what `leaked` does.
    fn leaked_alerts(
        &self,
        py: Python<'_>,
        message: &Bound<'_, PyAny>,
        found: Py<PyAny>,
    ) -> Result<Leaks, Stop> {
        let mut message = Text::new(message);
        let mut listener = Listener { found: &found, raised: None };
        let leaks = self.disk(py, |store| {
            let alerts = Alerts::read(&mut message)?;
            store.leaked_alerts(&alerts, |alert, leak| {
                listener.tell(Found::of(store, leak, Some(alert))?)
            })
        });
        match listener.raised {
            Some(raised) => Err(raised.into()),
            None => message.or_raise(leaks).map(Leaks),
        }
    }
}

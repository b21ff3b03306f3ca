//! Why a call stops: what the engine, Python or this binding says, as an exception to be.

use std::fmt::Display;

use keycask::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Why a call stops.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The engine failed or refused.
    Engine(Error),
    /// The store was closed.
    Closed,
    /// A defect in keycask ended this or an earlier call of the store half-way.
    Panic,
    /// A follower cannot be told what happened since: why.
    Gone(&'static str),
    /// The file is no longer the one that has the store's name.
    Moved,
    /// Something was pickled or copied that cannot be.
    Pickled(&'static str),
    /// A Python exception.
    Python(PyErr),
}

/// An argument that cannot be.
#[cold]
pub(crate) fn argument(why: impl Into<String>) -> Stop {
    Stop::Engine(Error::new(ErrorKind::Argument, why))
}

impl Stop {
    /// The error, if it is about what was asked for, and not about the store.
    pub(crate) fn refusal(self) -> Result<Error, Self> {
        match self {
            Self::Engine(error)
                if matches!(error.kind(), ErrorKind::Argument | ErrorKind::NotFound) =>
            {
                Ok(error)
            }
            other => Err(other),
        }
    }

    /// What the engine says.
    pub(crate) fn sentence(&self) -> Option<String> {
        match self {
            Self::Engine(error) => Some(error.message().to_owned()),
            _ => None,
        }
    }

    /// The same, of an exception of Python with a note, if that version has notes.
    pub(crate) fn noting(self, py: Python<'_>, note: &str) -> Self {
        if let Self::Python(error) = &self {
            // One that takes no note is raised all the same.
            let _ = error.value(py).call_method1(intern!(py, "add_note"), (note,));
        }
        self
    }

    /// The same, of what the engine says with that of which it is said: "spec 3: ...".
    pub(crate) fn of(self, what: impl Display) -> Self {
        match self {
            Self::Engine(error) => {
                Self::Engine(Error::new(error.kind(), format!("{what}: {error}")))
            }
            other => other,
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<PyErr> for Stop {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Stop> for PyErr {
    #[cold]
    fn from(stop: Stop) -> Self {
        let (kind, message) = match stop {
            Stop::Python(error) => return error,
            Stop::Engine(error) => (error.kind().name(), error.to_string()),
            Stop::Closed => ("closed", "the store was closed".to_owned()),
            Stop::Gone(why) => ("gone", why.to_owned()),
            Stop::Moved => ("moved", "the file was compacted; open the store again".to_owned()),
            Stop::Pickled(why) => ("pickling", why.to_owned()),
            Stop::Panic => {
                let why = "a defect in keycask ended a call half-way; open the store again";
                ("panic", why.to_owned())
            }
        };
        Python::attach(|py| match failure(py, kind, &message) {
            Ok(error) => Self::from_value(error),
            Err(error) => error,
        })
    }
}

/// The exception for a failure of this kind.
pub(crate) fn failure<'py>(
    py: Python<'py>,
    kind: &str,
    message: &str,
) -> PyResult<Bound<'py, PyAny>> {
    static FAILURE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    FAILURE.import(py, "keycask._errors", "failure")?.call1((kind, message))
}

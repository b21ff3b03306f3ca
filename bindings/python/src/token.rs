//! The secret that a client presents.

use pyo3::prelude::*;

/// The secret of a new key. It is shown by `expose` alone, and wiped here once nothing holds it.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Token(pub keycask::Token);

#[pymethods]
impl Token {
    /// The text. Python keeps a copy of it for as long as something refers to that.
    fn expose(&self) -> &str {
        self.0.expose()
    }

    fn __len__(&self) -> usize {
        self.0.expose().len()
    }

    fn __repr__(&self) -> &'static str {
        "<keycask.Token, not shown>"
    }
}

not_pickled!(Token, "a token is not pickled: it is a secret");

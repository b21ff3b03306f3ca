//! What is shown of keys, owners and the like: a Python class of the package each, which
//! has the fields' types, docs, order and comparisons. Here stands what goes into them.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};

/// Lets `$type` become an object of `$class` of the package, by its fields.
macro_rules! shown {
    ($type:ty as $class:ident, |$it:ident| { $($field:ident: $value:expr),* $(,)? }) => {
        impl<'py> pyo3::IntoPyObject<'py> for $type {
            type Target = pyo3::PyAny;
            type Output = pyo3::Bound<'py, pyo3::PyAny>;
            type Error = pyo3::PyErr;

            fn into_pyobject(self, py: pyo3::Python<'py>) -> pyo3::PyResult<Self::Output> {
                use pyo3::types::PyDictMethods;
                let $it = self;
                let fields = pyo3::types::PyDict::new(py);
                $(fields.set_item(pyo3::intern!(py, stringify!($field)), $value)?;)*
                $crate::record::make(pyo3::intern!(py, stringify!($class)), &fields)
            }
        }
    };
}

/// Refuses to pickle or copy an object of `$type`, by a named error that says what to do.
macro_rules! not_pickled {
    ($type:ty, $why:literal) => {
        #[pyo3::pymethods]
        impl $type {
            /// Raises `PicklingError`.
            fn __reduce__(&self) -> Result<(), $crate::stop::Stop> {
                Err($crate::stop::Stop::Pickled($why))
            }
        }
    };
}

/// The object of the class `class` with these fields.
pub(crate) fn make<'py>(
    class: &Bound<'py, PyString>,
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    static RECORDS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let py = class.py();
    let import = || Ok::<_, PyErr>(py.import("keycask")?.unbind());
    let records = RECORDS.get_or_try_init(py, import)?.bind(py);
    records.getattr(class)?.call((), Some(fields))
}

/// Several things in order: a tuple.
pub(crate) struct Many<T>(pub Vec<T>);

impl<'py, T: IntoPyObject<'py>> IntoPyObject<'py> for Many<T> {
    type Target = PyTuple;
    type Output = Bound<'py, PyTuple>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        PyTuple::new(py, self.0)
    }
}

/// The hexadecimal digits of a store's id.
pub(crate) fn hex(id: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(id))
}

//! Values that Python gives.

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

use crate::stop::{Stop, argument};

/// Reads a value, or a record by its fields.
///
/// What is of the right type and cannot be is refused as an argument, in a record with the field's
/// name. The exception that says why is not kept: one about a text has the text. What is of another
/// type is a mistake of the program, and raises as it does.
pub(crate) fn read<'py, T>(object: &Bound<'py, PyAny>) -> Result<T, Stop>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    object.extract().map_err(|error| refused(object.py(), error))
}

/// The same, for parameters.
pub(crate) fn given<'py, T>(object: &Bound<'py, PyAny>) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    Ok(read(object)?)
}

#[cold]
fn refused(py: Python<'_>, error: PyErr) -> Stop {
    let said = |error: &PyErr| {
        let text = error.value(py).to_string();
        text.strip_prefix("failed to extract field ").unwrap_or(&text).to_owned()
    };
    let (mut why, mut first) = (said(&error), error.clone_ref(py));
    while let Some(cause) = first.cause(py) {
        why = format!("{why}: {}", said(&cause));
        first = cause;
    }
    let is_value =
        first.is_instance_of::<PyValueError>(py) || first.is_instance_of::<PyOverflowError>(py);
    if is_value { argument(why) } else { Stop::Python(error) }
}

//! Who asks for a change, and why.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::value;
/// `by=`: a name, or a `keycask.Actor` with the reason and the operation.
pub(crate) struct By(pub keycask::Actor);

#[derive(FromPyObject)]
struct Actor {
    name: String,
    because: String,
    operation: Option<String>,
}

impl<'py> FromPyObject<'_, 'py> for By {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() {
            return Ok(Self(keycask::Actor::new(object.extract::<String>()?)));
        }
        let fields: Actor = value::read(&object)?;
        let actor = keycask::Actor::new(fields.name).because(fields.because);
        Ok(Self(match fields.operation {
            Some(id) => actor.operation(id),
            None => actor,
        }))
    }
}

//! The pepper and the sealing key: rotate, retire, change.

use keycask::{Pepper, PepperStatus, SealingKey};
use pyo3::prelude::*;

use crate::actor::By;
use crate::open::secret;
use crate::stop::Stop;
use crate::store::Store;

struct Status(PepperStatus);

shown!(Status as PepperStatus, |status| {
    generation: status.0.generation,
    peppered: status.0.peppered,
    previous: status.0.previous,
    left: status.0.left,
});

#[pymethods]
impl Store {
    /// Makes `new`, 32 bytes, the pepper. Keys go over to it as they are verified, or by `rehash`;
    /// until all have, the store is opened with the pepper before it as `previous_pepper`.
    ///
    /// Raises `ConflictError` while the pepper before is not retired; `ArgumentError` unless it is
    /// 32 bytes, or if `by` names an operation; what any change raises.
    #[pyo3(signature = (new, *, by))]
    fn rotate_pepper(
        &self,
        py: Python<'_>,
        new: &Bound<'_, PyAny>,
        by: By,
    ) -> Result<Status, Stop> {
        let new = Pepper::new(secret("pepper", new)?);
        self.disk(py, |store| store.rotate_pepper(new, &by.0)).map(Status)
    }

    /// Ends the pepper before the present one, and revokes the keys that are left on it. Gives how
    /// many that were; `pepper_status` says beforehand.
    ///
    /// Raises `ConflictError` if there is none; `ArgumentError` if `by` names an operation; what
    /// any change raises.
    #[pyo3(signature = (*, by))]
    fn retire_pepper(&self, py: Python<'_>, by: By) -> Result<u64, Stop> {
        self.disk(py, |store| store.retire_pepper(&by.0))
    }

    /// Which generation of the pepper counts, and how many keys are left on the one before.
    ///
    /// Raises `IoError` or `CorruptError` if the file cannot be read.
    fn pepper_status(&self, py: Python<'_>) -> Result<Status, Stop> {
        self.disk(py, keycask::Store::pepper_status).map(Status)
    }

    /// Seals every copy that `old`, 32 bytes, sealed under the sealing key of this store, in one
    /// commit. Gives how many there were.
    ///
    /// Raises `ArgumentError` if the store has no sealing key; `PepperError` if a copy was sealed
    /// by neither; what any change raises.
    #[pyo3(signature = (old, *, by))]
    fn change_sealing_key(
        &self,
        py: Python<'_>,
        old: &Bound<'_, PyAny>,
        by: By,
    ) -> Result<usize, Stop> {
        let old = SealingKey::new(secret("sealing key", old)?);
        self.disk(py, |store| store.change_sealing_key(&old, &by.0))
    }
}

//! The state of the file: whether it holds, and where it stands.

use keycask::{Anchor, ErrorKind, PepperStatus, Result, Stats, Store};

/// What is known of the file itself.
pub(super) struct File {
    pub(super) stats: Stats,
    pub(super) anchor: Anchor,
    pub(super) pepper: PepperStatus,
    /// Whether every row and index is as it was written; else what is wrong.
    pub(super) checked: Result<(), String>,
    /// The least seq that it was opened with; 0 if none was given.
    pub(super) min_seq: u64,
}

impl File {
    /// Checks all of the file.
    pub(super) fn look(store: &Store, min_seq: u64) -> Result<Self> {
        let (anchor, checked) = (store.anchor()?, damage(store.check())?);
        let (stats, pepper) = (store.stats()?, store.pepper_status()?);
        Ok(Self { stats, anchor, pepper, checked, min_seq })
    }

    /// The store's id as text.
    pub(super) fn id(&self) -> String {
        self.anchor.store_id.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Makes of damage that was found a value that says what; of any other error, one.
pub(super) fn damage<T>(found: Result<T>) -> Result<Result<T, String>> {
    match found {
        Ok(whole) => Ok(Ok(whole)),
        Err(error) if error.kind() == ErrorKind::Corrupt => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}

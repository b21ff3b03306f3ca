//! Where secret bytes come from: the operating system, or what a test injects.

use std::sync::{Mutex, PoisonError};

use rand_core::TryCryptoRng;

use crate::error::{Error, ErrorKind, Result};

trait Fill: Send {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()>;
}

impl<R> Fill for R
where
    R: TryCryptoRng + Send,
    R::Error: std::error::Error + Send + Sync + 'static,
{
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.try_fill_bytes(bytes)
            .map_err(|e| Error::new(ErrorKind::Random, "no random bytes were given").caused_by(e))
    }
}

/// A source of secret bytes, drawn anew for every key: nothing is kept in between that a
/// `fork` could hand to two processes.
pub(crate) struct Random(Mutex<Box<dyn Fill>>);

impl Random {
    /// The operating system's source.
    pub(crate) fn system() -> Self {
        Self::new(getrandom::SysRng)
    }

    /// The source `rng`.
    pub(crate) fn new<R>(rng: R) -> Self
    where
        R: TryCryptoRng + Send + 'static,
        R::Error: std::error::Error + Send + Sync + 'static,
    {
        Self(Mutex::new(Box::new(rng)))
    }

    /// Fills `bytes`, all of them or none that count.
    pub(crate) fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes)
    }
}

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
        #[cfg(planted)]
        if std::env::var_os("KEYCASK_PLANTED").is_some_and(|mistake| mistake == "inherited") {
            return Self(Mutex::new(Box::new(planted::Inherited)));
        }
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

/// A mistake that tests plant: a generator in the memory of the process, which a `fork` hands to
/// two. It is in no library but one that is built with `--cfg planted`.
#[cfg(planted)]
mod planted {
    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::error::Result;

    static STATE: AtomicU64 = AtomicU64::new(1);

    pub(super) struct Inherited;

    impl super::Fill for Inherited {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
            // Relaxed: nothing else is told by it. SplitMix64: Steele, Lea and Flood, OOPSLA 2014.
            for some in bytes.chunks_mut(8) {
                let mut z = STATE.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                let drawn = (z ^ (z >> 31)).to_le_bytes();
                some.iter_mut().zip(drawn).for_each(|(byte, drawn)| *byte = drawn);
            }
            Ok(())
        }
    }
}

//! Who asks for a change.

use crate::failure::Stop;
use crate::ptr;
use crate::sized::Sized;
use crate::text::Text;

/// Who asks for a change, and why. Both go to the audit trail in the same commit.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Actor {
    /// sizeof(keycask_actor).
    pub struct_size: u32,
    /// 0.
    pub zero: u32,
    /// The actor's name, 128 bytes at most, without control characters. May be left out.
    pub name: Text,
    /// Its reason, 256 bytes at most, without control characters. May be left out.
    pub reason: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 16 + 16
// bytes, no padding.
unsafe impl Sized for Actor {}

impl Actor {
    /// The actor at `by`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for what cannot be one.
    ///
    /// # Safety
    ///
    /// That of `ptr::read`, and of `Text::given` for each text.
    pub(crate) unsafe fn read(by: *const Self) -> Result<engine::Actor, Stop> {
        // SAFETY: the caller's promise is the same.
        unsafe {
            let by = ptr::read(by)?;
            ptr::zero(by.zero)?;
            Ok(engine::Actor::new(by.name.or_empty()?).because(by.reason.or_empty()?))
        }
    }
}

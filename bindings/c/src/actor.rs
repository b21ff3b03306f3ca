//! Who asks for a change, and as which operation.

use crate::failure::Stop;
use crate::ptr;
use crate::sized::Sized;
use crate::text::Text;

/// Who asks for a change, why, and as which operation. All go to the audit trail in the same
/// commit.
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
    /// A name of your own for this call, 128 bytes at most, without control characters. May be
    /// left out. A call that was done under it before is not done again and reports what was
    /// done, so that after KEYCASK_ERR_INDETERMINATE it can be made again once the store is
    /// reopened. keycask_issue(), keycask_issue_many() and keycask_rotate() revoke the key whose
    /// token was lost and make another in its place. Another call under the same name fails with
    /// CONFLICT.
    pub operation: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: 4 + 4 + 3 * 16
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
            let actor = engine::Actor::new(by.name.or_empty()?).because(by.reason.or_empty()?);
            Ok(actor.operation(by.operation.or_empty()?))
        }
    }
}

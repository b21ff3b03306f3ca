//! Plans.

use std::ffi::c_char;

use crate::failure::Failure;
use crate::guard;
use crate::kinds::KEYCASK_UNLIMITED;
use crate::ptr::{self, Place, Room};
use crate::realm::known;
use crate::sized::Sized;
use crate::status::Status;
use crate::store::Store;
use crate::text::Text;

/// Most rate windows of a plan.
pub const KEYCASK_WINDOWS_MAX: usize = 8;
/// Room that is always enough for the text of a keycask_plan_info.
pub const KEYCASK_PLAN_TEXT_MAX: usize = 6144;

/// A rate window of a plan: `limit` requests in each period, no more than `burst` of them at
/// once.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Window {
    /// Requests in a period.
    pub limit: u32,
    /// Size of the bucket that is refilled at `limit` a period.
    pub burst: u32,
    /// The window's length.
    pub period_ms: u64,
}

/// What the owners of a plan may have. The texts stand in the buffer of the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Plan {
    /// sizeof(keycask_plan_info).
    pub struct_size: u32,
    /// How many windows it has.
    pub windows_len: u32,
    /// Most active keys, of all kinds together; KEYCASK_UNLIMITED.
    pub active: u32,
    /// 0.
    pub zero: u32,
    /// Its windows, all of which must admit a request; those beyond windows_len are zero.
    pub windows: [Window; KEYCASK_WINDOWS_MAX],
    /// Its name.
    pub name: Text,
    /// Its name for people; empty if it has none.
    pub title: Text,
    /// The quota of keys that are issued to an owner of the plan, if none is asked for, such as
    /// "1000 per day"; empty if it has none.
    pub quota: Text,
    /// Most active keys of a kind, for those kinds that it limits: a kind's name, a space, the
    /// number, and so on, such as "live 10 test 3".
    pub active_of: Text,
}

// SAFETY: repr(C), begins with the size, has integers and pointers alone: four times 4, eight
// times 16 and four times 16 bytes, no padding.
unsafe impl Sized for Plan {}

/// Describes the plan called `name` in `*out`.
///
/// Writes its texts to `text`; KEYCASK_PLAN_TEXT_MAX bytes are always enough.
///
/// Fails with ARGUMENT, NOT_FOUND, SPACE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn keycask_plan(
    store: *const Store,
    realm: u16,
    name: *const c_char,
    name_len: usize,
    out: *mut Plan,
    text: *mut c_char,
    text_cap: usize,
    error: *mut Failure,
) -> Status {
    // SAFETY: all pointers are the caller's, whose promises are those that `ptr` wants.
    unsafe {
        guard::run(store, error, |open| {
            let (out, mut room) = (Place::new(out)?, Room::new(text, text_cap)?);
            let name = ptr::text(name, name_len)?;
            let realm = known(open, realm)?;
            let (_, plan) = realm.plan_named(name)?;
            let title = plan.title.as_deref().unwrap_or_default();
            let quota = plan.quota.map(|quota| quota.to_string()).unwrap_or_default();
            let caps = plan.kinds.iter().map(|(kind, most)| format!("{kind} {most}"));
            let caps = caps.collect::<Vec<_>>().join(" ");
            let texts = Text::all(&mut room, [name, title, &quota, &caps]);
            let [name, title, quota, active_of] = texts.ok_or_else(ptr::space)?;
            let mut windows = [Window { limit: 0, burst: 0, period_ms: 0 }; KEYCASK_WINDOWS_MAX];
            for (to, window) in windows.iter_mut().zip(&plan.rates) {
                let engine::Window { limit, burst, period_ms, .. } = *window;
                *to = Window { limit, burst, period_ms };
            }
            out.put(Plan {
                struct_size: 0,
                windows_len: u32::try_from(plan.rates.len()).unwrap_or(u32::MAX),
                active: plan.active.unwrap_or(KEYCASK_UNLIMITED),
                zero: 0,
                windows,
                name,
                title,
                quota,
                active_of,
            });
            Ok(())
        })
    }
}

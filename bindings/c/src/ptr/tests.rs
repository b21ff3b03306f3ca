//! A struct that has grown, as programs of three versions have it.

use std::mem::offset_of;

use super::{Place, Places, read};
use crate::sized::Sized;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Grown {
    struct_size: u32,
    first: u32,
    then: u64,
    now: u64,
}

// SAFETY: repr(C), begins with the size, has integers alone: 4 + 4 + 8 + 8 bytes, no padding.
unsafe impl Sized for Grown {
    const SIZES: &'static [usize] =
        &[offset_of!(Self, then), offset_of!(Self, now), size_of::<Self>()];
}

const PUBLISHED: [u32; 3] = [8, 16, 24];

/// A `Grown` with room behind it, in which a later version would have more.
#[derive(Clone, Copy)]
#[repr(C)]
struct Later {
    grown: Grown,
    tail: [u8; 16],
}

fn of(struct_size: u32) -> Later {
    Later { grown: Grown { struct_size, first: 1, then: 2, now: 3 }, tail: [0; 16] }
}

#[test]
fn a_struct_is_read_as_far_as_its_version_goes_and_of_no_other_size() {
    for size in 0..=40 {
        let later = of(size);
        // SAFETY: as many bytes as the size says, and no fewer than four, are in `later`.
        let grown = unsafe { read((&raw const later).cast::<Grown>()) };
        let want = match size {
            8 => Some(Grown { struct_size: 8, first: 1, then: 0, now: 0 }),
            16 => Some(Grown { struct_size: 16, first: 1, then: 2, now: 0 }),
            24.. => Some(later.grown),
            _ => None,
        };
        assert_eq!(grown.ok(), want, "{size}");
    }
}

#[test]
fn what_a_later_version_has_set_is_refused() {
    for at in 0..16_u32 {
        let mut later = of(40);
        later.tail[at as usize] = 1;
        for size in 24..=40 {
            later.grown.struct_size = size;
            // SAFETY: as many bytes as the size says are in `later`.
            let grown = unsafe { read((&raw const later).cast::<Grown>()) };
            assert_eq!(grown.is_ok(), size <= 24 + at, "{size} {at}");
        }
    }
}

#[test]
fn a_result_is_written_as_far_as_its_version_goes_and_nowhere_else() {
    let value = Grown { struct_size: 0, first: 11, then: 12, now: 13 };
    for size in 0..=40 {
        let mut later = of(size);
        // SAFETY: as many bytes as the size says, and no fewer than four, are in `later`.
        let out = unsafe { Place::new((&raw mut later).cast::<Grown>()) };
        assert_eq!(out.is_ok(), size >= 24 || PUBLISHED.contains(&size), "{size}");
        if let Ok(out) = out {
            out.put(value);
        }
        let want = match size {
            8 => Grown { struct_size: 8, first: 11, then: 2, now: 3 },
            16 => Grown { struct_size: 16, first: 11, then: 12, now: 3 },
            24.. => Grown { struct_size: size, ..value },
            _ => of(size).grown,
        };
        assert_eq!((later.grown, later.tail), (want, [0; 16]), "{size}");
    }
}

#[test]
fn a_list_of_an_older_version_is_written_in_its_own_steps() {
    let mut list = [of(16).grown; 2];
    // SAFETY: two structs of 16 bytes are in the 48 of `list`.
    let outs = unsafe { Places::new(list.as_mut_ptr(), 2) }.ok().unwrap();
    outs.put(1, Grown { struct_size: 0, first: 11, then: 12, now: 13 });
    // The second begins at byte 16: its size stays, its first field is in the upper half of `now`.
    assert_eq!(list[0], Grown { struct_size: 16, first: 1, then: 2, now: 3 | 11 << 32 });
    assert_eq!((list[1].struct_size, list[1].first), (12, 0));
}

//! What the machine offers and safe code cannot ask for. All unsafe code of the engine.

use std::ops::Range;
use std::ptr;

/// Has the line of cache at `place` fetched from memory, and waits for nothing.
#[inline(always)]
pub(crate) fn fetch<T>(place: &T) {
    let place = ptr::from_ref(place);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is a hint that faults on no address, and every x86-64 has SSE.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(place.cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a prefetch is a hint that faults on no address; it changes no register or flag.
    unsafe {
        core::arch::asm!(
            "prfm pldl1keep, [{0}]",
            in(reg) place,
            options(nostack, readonly, preserves_flags)
        );
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    std::hint::black_box(place);
}

/// Asks for huge pages for the room that `buffer` has, before it is written to. Where the
/// system has none to give, the buffer is as it was.
pub(crate) fn advise_huge<T>(buffer: &Vec<T>) {
    let from = buffer.as_ptr().addr();
    let to = from.saturating_add(buffer.capacity().saturating_mul(size_of::<T>()));
    let (first, end) = (from.next_multiple_of(PAGE), to & !(PAGE - 1));
    if end <= first {
        return;
    }
    let start = buffer.as_ptr().with_addr(first).cast_mut().cast();
    // SAFETY: the range lies within one allocation, which `buffer` owns; this advice changes
    // no byte and no right of it, only what the system may back it with. A refusal is no harm.
    let _ = unsafe {
        rustix::mm::madvise(start, end.saturating_sub(first), rustix::mm::Advice::LinuxHugepage)
    };
}

/// Bytes of these slices that stand on huge pages now; 0 where the system does not tell.
pub(crate) fn huge_bytes<'a, T: 'a>(slices: impl Iterator<Item = &'a [T]>) -> usize {
    let spans: Vec<_> = slices.map(|slice| slice.as_ptr_range()).collect();
    let spans = spans.iter().map(|span| span.start.addr()..span.end.addr());
    let Ok(maps) = std::fs::read_to_string("/proc/self/smaps") else { return 0 };
    let spans: Vec<_> = spans.collect();
    let (mut total, mut within) = (0usize, 0..0);
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some("AnonHugePages:"), Some(kib)) => {
                // A mapping may hold more than these slices, or be more than one: what is theirs
                // is no more than either.
                let huge = kib.parse().unwrap_or(0usize).saturating_mul(1024);
                let theirs = spans.iter().map(|span| overlap(span, &within)).sum();
                total = total.saturating_add(huge.min(theirs));
            }
            (Some(range), _) => {
                let mut ends = range.split('-').map(|end| usize::from_str_radix(end, 16));
                if let (Some(Ok(start)), Some(Ok(end))) = (ends.next(), ends.next()) {
                    within = start..end;
                }
            }
            _ => {}
        }
    }
    total
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

/// Bytes of the smallest page of any machine that this runs on.
const PAGE: usize = 4096;

//! What the machine offers and safe code cannot ask for. All unsafe code of the engine.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ops::{Deref, Range};
use std::ptr::{self, NonNull};
use std::slice;

use rustix::mm::{Advice, madvise};

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

/// Reads a byte behind these: a mistake that is planted, which a fuzz target has the address
/// sanitizer tell of.
#[cfg(fuzzing)]
pub(crate) fn read_behind(bytes: &[u8]) -> u8 {
    // SAFETY: there is none. Where fuzz targets are built, the sanitizer ends the process before
    // anything depends on what is read.
    unsafe { bytes.as_ptr().add(bytes.len()).read_volatile() }
}

/// The longest vectors of integers that the processor has.
#[derive(Clone, Copy)]
pub(crate) enum Vectors {
    /// 512 bits.
    Long(Long),
    /// 256 bits.
    Medium(Medium),
    /// No more than every processor of its kind has.
    Short,
}

/// That the processor has vectors of 512 bits.
#[derive(Clone, Copy)]
pub(crate) struct Long(());

/// That the processor has vectors of 256 bits.
#[derive(Clone, Copy)]
pub(crate) struct Medium(());

impl Vectors {
    /// What this processor has. A load of a word that is in the cache, but for the first time.
    #[inline]
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                return Self::Long(Long(()));
            }
            if is_x86_feature_detected!("avx2") {
                return Self::Medium(Medium(()));
            }
        }
        Self::Short
    }
}

impl Long {
    /// Runs `work`, and what is inlined into it, as compiled for such vectors.
    #[inline]
    pub(crate) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512vl")]
        fn within<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        #[cfg(not(target_arch = "x86_64"))]
        unsafe fn within<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: `self` is made by `detect` alone, which has seen that the features are there.
        unsafe { within(work) }
    }
}

impl Medium {
    /// Runs `work`, and what is inlined into it, as compiled for such vectors.
    #[inline]
    pub(crate) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn within<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        #[cfg(not(target_arch = "x86_64"))]
        unsafe fn within<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: `self` is made by `detect` alone, which has seen that the feature is there.
        unsafe { within(work) }
    }
}

/// An array that stands on huge pages where the system has any and it is as long as one: each
/// spares the processor a walk through page tables for every line that it has not seen for a
/// while.
pub(crate) struct Slab<T> {
    items: NonNull<T>,
    len: usize,
    layout: Layout,
    /// How often it was looked at. A mistake that is planted: threads count at once.
    #[cfg(planted = "race")]
    looks: std::cell::Cell<usize>,
}

// SAFETY: a slab owns its items, as a `Box<[T]>` does.
unsafe impl<T: Send> Send for Slab<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Slab<T> {}

impl<T: Default> Slab<T> {
    /// `len` items.
    pub(crate) fn new(len: usize) -> Self {
        // No machine has half its addresses' worth of memory, so this is out of memory, too.
        let Ok(layout) = Layout::array::<T>(len) else { handle_alloc_error(Layout::new::<T>()) };
        let align = if layout.size() < HUGE_PAGE { 1 } else { HUGE_PAGE };
        let layout = layout.align_to(align).unwrap_or(layout);
        let slab = |items| Self {
            items,
            len,
            layout,
            #[cfg(planted = "race")]
            looks: Default::default(),
        };
        if layout.size() == 0 {
            return slab(NonNull::dangling());
        }
        // SAFETY: the layout has a size.
        let items = unsafe { alloc(layout) }.cast::<T>();
        let Some(items) = NonNull::new(items) else { handle_alloc_error(layout) };
        // Miri knows no such advice.
        if layout.align() == HUGE_PAGE && cfg!(not(miri)) {
            // SAFETY: the range is one allocation, ours, from the beginning of a page; the advice
            // changes no byte and no right, only what the system may back it with. Who has no
            // huge pages refuses, and the slab is as good without.
            let _ = unsafe { madvise(items.as_ptr().cast(), layout.size(), Advice::LinuxHugepage) };
        }
        for at in 0..len {
            // SAFETY: `at` is within the array, and nothing stands there that could be dropped.
            unsafe { items.add(at).write(T::default()) };
        }
        slab(items)
    }
}

impl<T> Deref for Slab<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        #[cfg(planted = "race")]
        self.looks.set(self.looks.get().wrapping_add(1));
        // One more than there are is a mistake that is planted.
        let len = if cfg!(planted = "bounds") { self.len + 1 } else { self.len };
        // SAFETY: `new` made `len` items there, which live until `drop`; nobody has them as `mut`.
        unsafe { slice::from_raw_parts(self.items.as_ptr(), len) }
    }
}

impl<T> Drop for Slab<T> {
    fn drop(&mut self) {
        // SAFETY: `new` made these items, and nobody uses them after this.
        unsafe { ptr::slice_from_raw_parts_mut(self.items.as_ptr(), self.len).drop_in_place() };
        if self.layout.size() > 0 {
            // SAFETY: `new` allocated it with this layout.
            unsafe { dealloc(self.items.as_ptr().cast(), self.layout) };
        }
    }
}

/// Bytes of a huge page. Miri pays for each.
pub(crate) const HUGE_PAGE: usize = if cfg!(miri) { 64 << 10 } else { 2 << 20 };

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static LIVE: AtomicUsize = AtomicUsize::new(0);

    struct Counted(usize);

    impl Default for Counted {
        fn default() -> Self {
            Self(LIVE.fetch_add(1, Ordering::Relaxed))
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            LIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_slab_makes_each_item_once_and_drops_it_once() {
        for len in [0, 1, 1000, HUGE_PAGE / size_of::<Counted>() + 1] {
            let slab = Slab::<Counted>::new(len);
            assert_eq!((slab.len(), LIVE.load(Ordering::Relaxed)), (len, len));
            assert!(slab.iter().enumerate().all(|(n, item)| item.0 == n));
            drop(slab);
            assert_eq!(LIVE.load(Ordering::Relaxed), 0);
        }
    }

    #[test]
    fn a_slab_as_long_as_a_huge_page_begins_with_one_and_what_is_huge_is_no_more_than_it_has() {
        let slab = Slab::<u64>::new(8 * HUGE_PAGE / size_of::<u64>());
        assert_eq!(slab.as_ptr().addr() % HUGE_PAGE, 0);
        let allowed = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
        let none = allowed.is_ok_and(|modes| modes.contains("[never]"));
        let huge = huge_bytes([&*slab].into_iter());
        assert!(huge <= size_of_val(&*slab) && (huge == 0 || !none), "{huge}");
    }
}

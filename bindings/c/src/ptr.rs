//! Where pointers of a C program become values and slices, and where results are written.
//!
//! Nothing else in this crate reads or writes through a pointer of the caller's, but for the
//! handle (`store`). A pointer is checked for NULL and its length for what can be; that there
//! is readable or writable memory of that length is the caller's promise. No alignment is
//! asked for: structs are copied as bytes.

use std::ffi::{OsStr, c_char};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::{ptr, slice};

use crate::failure::{Stop, argument};
use crate::sized::{self, Sized};
use crate::status::Status;

/// The `len` bytes at `p`.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT` for a NULL with a length, or a length that no object has.
///
/// # Safety
///
/// A `p` that is not NULL points to `len` bytes that stay readable and unchanged while the
/// result is in use.
#[inline]
pub(crate) unsafe fn bytes<'a>(p: *const c_char, len: usize) -> Result<&'a [u8], Stop> {
    if len == 0 {
        return Ok(&[]); // NULL is a fine place for nothing to be.
    }
    if p.is_null() {
        return Err(argument("a pointer is NULL though its length is not 0"));
    }
    if isize::try_from(len).is_err() {
        return Err(argument("a length is beyond what memory can hold"));
    }
    // SAFETY: not NULL, and no longer than any object may be (both checked above); readable
    // and unchanged is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(p.cast(), len) })
}

/// The text of `len` bytes at `p`.
///
/// # Errors
///
/// Those of [`bytes`], and `KEYCASK_ERR_ARGUMENT` for what is not UTF-8.
///
/// # Safety
///
/// That of [`bytes`].
pub(crate) unsafe fn text<'a>(p: *const c_char, len: usize) -> Result<&'a str, Stop> {
    // SAFETY: the caller's promise is the same.
    let bytes = unsafe { bytes(p, len) }?;
    std::str::from_utf8(bytes).map_err(|_| argument("a text is not UTF-8"))
}

/// The path of `len` bytes at `p`.
///
/// # Errors
///
/// Those of [`bytes`], and `KEYCASK_ERR_ARGUMENT` for what is no path.
///
/// # Safety
///
/// That of [`bytes`].
pub(crate) unsafe fn path<'a>(p: *const c_char, len: usize) -> Result<&'a Path, Stop> {
    // SAFETY: the caller's promise is the same.
    let path = unsafe { bytes(p, len) }?;
    if path.is_empty() || path.contains(&0) {
        return Err(argument("a path is empty or holds a zero byte"));
    }
    Ok(Path::new(OsStr::from_bytes(path)))
}

/// The `count` values at `p`, as an iterator that copies each.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT` for a NULL with a count, or a count that no array has.
///
/// # Safety
///
/// A `p` that is not NULL points to `count` values of `T` that stay readable and unchanged
/// while the result is in use. Any bytes are a value of `T`.
pub(crate) unsafe fn array<'a, T: Copy + 'a>(
    p: *const T,
    count: usize,
) -> Result<impl ExactSizeIterator<Item = T> + 'a, Stop> {
    if count != 0 && p.is_null() {
        return Err(argument("an array is NULL though its count is not 0"));
    }
    let size = count.checked_mul(size_of::<T>()).and_then(|size| isize::try_from(size).ok());
    if size.is_none() {
        return Err(argument("a count is beyond what memory can hold"));
    }
    // SAFETY: `at` is below `count`, so the value is in the array, which is no larger than
    // any object may be (checked above); readable is the caller's promise.
    Ok((0..count).map(move |at| unsafe { p.add(at).read_unaligned() }))
}

/// The size that the struct at `p` says it has.
///
/// # Safety
///
/// A `p` that is not NULL points to a readable `uint32_t`.
#[inline]
unsafe fn size_of_struct<T: Sized>(p: *const T) -> Result<usize, Stop> {
    if p.is_null() {
        return Err(argument("a struct is NULL"));
    }
    // SAFETY: not NULL (checked above); readable is the caller's promise.
    let size = unsafe { p.cast::<u32>().read_unaligned() };
    match usize::try_from(size) {
        Ok(size) if sized::fits::<T>(size) => Ok(size),
        _ => Err(argument("a struct_size is not the size of the struct")),
    }
}

/// The struct at `p`, of whatever version.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT` for NULL, for a size that cannot be, and for a field that is set and
/// not known here.
///
/// # Safety
///
/// A `p` that is not NULL points to a readable `uint32_t`, and to as many readable bytes as
/// this says.
#[inline]
pub(crate) unsafe fn read<T: Sized>(p: *const T) -> Result<T, Stop> {
    // SAFETY: the caller's promise covers the size.
    let size = unsafe { size_of_struct(p) }?;
    if size == size_of::<T>() {
        // As it almost always is: a copy of known length.
        // SAFETY: as many bytes are readable, by the caller's promise; any bytes are a value of
        // `T`, which is what `Sized` promises.
        return Ok(unsafe { p.read_unaligned() });
    }
    // Memory that was never set is a mistake that is planted.
    let unset = cfg!(planted = "unset");
    let mut value = if unset { MaybeUninit::uninit() } else { MaybeUninit::<T>::zeroed() };
    let known = size.min(size_of::<T>());
    // SAFETY: `known` bytes are readable at `p`, by the caller's promise, and writable in
    // `value`; `value` is ours, so they do not overlap.
    unsafe { ptr::copy_nonoverlapping(p.cast::<u8>(), value.as_mut_ptr().cast(), known) };
    for at in known..size {
        // SAFETY: `at` is below the size that the caller promises to be readable.
        if unsafe { p.cast::<u8>().add(at).read() } != 0 {
            return Err(argument("a struct has a field set that this version does not know"));
        }
    }
    // SAFETY: any bytes are a value of `T`, which is what `Sized` promises, and all were set,
    // to zero at least.
    Ok(unsafe { value.assume_init() })
}

/// The `count` structs at `p`, of whatever version, but all of that of the first.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT` for NULL, for a count that no array has, and, when it comes to it, for a
/// struct of another size and for what [`read`] refuses.
///
/// # Safety
///
/// A `p` that is not NULL points to a readable `uint32_t`, and to `count` times as many bytes as
/// this says that stay readable and unchanged while the result is in use.
pub(crate) unsafe fn structs<'a, T: Sized + 'a>(
    p: *const T,
    count: usize,
) -> Result<impl ExactSizeIterator<Item = Result<T, Stop>> + 'a, Stop> {
    // SAFETY: the caller's promise covers the first size.
    let stride = unsafe { size_of_struct(p) }?;
    let size = count.checked_mul(stride).and_then(|size| isize::try_from(size).ok());
    if size.is_none() {
        return Err(argument("a count is beyond what memory can hold"));
    }
    Ok((0..count).map(move |at| {
        // SAFETY: `at` is below `count`, so the struct is in the array, which is no larger than
        // any object may be (checked above); readable is the caller's promise. `read` reads as
        // much as the struct's own size says, which is compared before.
        unsafe {
            let one = p.byte_add(at * stride);
            if size_of_struct(one)? != stride {
                return Err(argument("a struct_size is not that of the first of its array"));
            }
            read(one)
        }
    }))
}

/// A place for a number, or for a struct that never grows.
///
/// What it was made of stays writable for as long as it lives; it lives no longer than a call.
pub(crate) struct Out<T>(*mut T);

impl<T: Copy> Out<T> {
    /// The place at `p`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for NULL.
    ///
    /// # Safety
    ///
    /// A `p` that is not NULL points to a writable `T` for as long as the result lives.
    #[inline]
    pub(crate) unsafe fn new(p: *mut T) -> Result<Self, Stop> {
        if p.is_null() {
            return Err(argument("the place for a result is NULL"));
        }
        Ok(Self(p))
    }

    /// Writes the result.
    #[inline]
    pub(crate) fn put(&self, value: T) {
        // SAFETY: it is writable by the promise to `new`.
        unsafe { self.0.write_unaligned(value) }
    }
}

/// A place for a struct that may grow. What holds of an [`Out`] holds of it.
pub(crate) struct Place<T> {
    at: *mut T,
    /// How large the struct is as the caller has it.
    size: usize,
}

impl<T: Sized> Place<T> {
    /// The place at `p`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for NULL and for a size that cannot be.
    ///
    /// # Safety
    ///
    /// A `p` that is not NULL points to a readable `uint32_t`, and to as many writable bytes
    /// as this says for as long as the result lives.
    #[inline]
    pub(crate) unsafe fn new(p: *mut T) -> Result<Self, Stop> {
        // SAFETY: the caller's promise covers the size.
        Ok(Self { at: p, size: unsafe { size_of_struct(p.cast_const()) }? })
    }

    /// The place at `p`, if it is not NULL.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for a size that cannot be.
    ///
    /// # Safety
    ///
    /// That of [`new`](Self::new).
    #[inline]
    pub(crate) unsafe fn optional(p: *mut T) -> Result<Option<Self>, Stop> {
        if p.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's promise is the same.
        unsafe { Self::new(p) }.map(Some)
    }

    /// Writes the result, but for its size, which stays as it is.
    ///
    /// Where all versions of a struct are as large, what is copied has a length that is known as
    /// this is compiled: then each field goes where it belongs as it is made. A copy of another
    /// length would wait for the fields that were written right before it.
    #[inline]
    pub(crate) fn put(&self, value: T) {
        let (from, to) = (size_of::<u32>(), self.size.max(T::LEAST).min(size_of::<T>()));
        // SAFETY: `to` is at most the size of `T` and of the place, which is no smaller than
        // `LEAST`, and not below that of the first field, so both ranges are inside; the place is
        // writable by the promise to `new`; `value` is ours, so they do not overlap.
        unsafe {
            let bytes = ptr::from_ref(&value).cast::<u8>().add(from);
            ptr::copy_nonoverlapping(bytes, self.at.cast::<u8>().add(from), to - from);
        }
    }
}

/// Writes a number that the caller may not want: `p` may be NULL.
///
/// # Safety
///
/// A `p` that is not NULL points to a writable `T`.
pub(crate) unsafe fn tell<T: Copy>(p: *mut T, value: T) {
    // SAFETY: the caller's promise is the same.
    if let Ok(out) = unsafe { Out::new(p) } {
        out.put(value);
    }
}

/// Places for numbers, or for structs that never grow, one after another.
pub(crate) struct Outs<T> {
    at: *mut T,
    count: usize,
}

impl<T: Copy> Outs<T> {
    /// The `count` places at `p`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for a NULL with a count, or a count that no array has.
    ///
    /// # Safety
    ///
    /// A `p` that is not NULL points to `count` writable `T` for as long as the result lives.
    pub(crate) unsafe fn new(p: *mut T, count: usize) -> Result<Self, Stop> {
        // SAFETY: nothing is read before the iterator runs, and it is dropped at once.
        drop(unsafe { array(p.cast_const(), count) }?);
        Ok(Self { at: p, count })
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Writes result number `at`; nothing if there is no place for it.
    #[inline]
    pub(crate) fn put(&self, at: usize, value: T) {
        if at < self.count {
            // SAFETY: the place is in the array (checked above), which is writable and no larger
            // than any object may be, by what `new` was promised and checked.
            unsafe { self.at.add(at).write_unaligned(value) }
        }
    }
}

/// Places for structs that may grow, one after another.
pub(crate) struct Places<T> {
    at: *mut T,
    count: usize,
    /// From one struct to the next: its size as the caller has it.
    stride: usize,
}

impl<T: Sized> Places<T> {
    /// The `count` places at `p`. The first one's size is that of all.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for no place at all, for a NULL, for a count that no array has,
    /// and for a size that cannot be.
    ///
    /// # Safety
    ///
    /// A `p` that is not NULL points to a readable `uint32_t`, and to `count` times as many
    /// writable bytes as this says for as long as the result lives.
    pub(crate) unsafe fn new(p: *mut T, count: usize) -> Result<Self, Stop> {
        if count == 0 {
            return Err(argument("an array has no place for a result"));
        }
        // SAFETY: the caller's promise covers the first size.
        let stride = unsafe { size_of_struct(p.cast_const()) }?;
        let size = count.checked_mul(stride).and_then(|size| isize::try_from(size).ok());
        if size.is_none() {
            return Err(argument("a count is beyond what memory can hold"));
        }
        Ok(Self { at: p, count, stride })
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Writes result number `at`; nothing if there is no place for it.
    #[inline]
    pub(crate) fn put(&self, at: usize, value: T) {
        if at < self.count {
            // SAFETY: the place is in the array (checked above), which is writable and no larger
            // than any object may be, by what `new` was promised and checked.
            let place = unsafe { self.at.byte_add(at * self.stride) };
            Place { at: place, size: self.stride }.put(value);
        }
    }
}

/// A buffer of the caller's that text goes into.
pub(crate) struct Room {
    at: *mut u8,
    cap: usize,
    used: usize,
}

impl Room {
    /// The `cap` bytes at `p`.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_ARGUMENT` for a NULL with a capacity, or a capacity that no object has.
    ///
    /// # Safety
    ///
    /// A `p` that is not NULL points to `cap` bytes that are writable for as long as the
    /// result lives.
    pub(crate) unsafe fn new(p: *mut c_char, cap: usize) -> Result<Self, Stop> {
        if p.is_null() && cap != 0 {
            return Err(argument("a buffer is NULL though its capacity is not 0"));
        }
        if isize::try_from(cap).is_err() {
            return Err(argument("a capacity is beyond what memory can hold"));
        }
        Ok(Self { at: p.cast(), cap, used: 0 })
    }

    /// Whether there is no buffer: the caller does not want the text.
    pub(crate) fn is_absent(&self) -> bool {
        self.at.is_null()
    }

    /// Whether `len` more bytes fit.
    pub(crate) fn fits(&self, len: usize) -> bool {
        len <= self.cap - self.used
    }

    /// Puts `bytes` in and gives where they begin; none if they do not fit.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Option<*const c_char> {
        if !self.fits(bytes.len()) {
            return None;
        }
        if self.at.is_null() {
            return Some(ptr::null());
        }
        // SAFETY: `used` and the length together are at most `cap` (checked above), and `cap`
        // bytes are writable by the promise to `new`; `bytes` is ours.
        unsafe {
            let place = self.at.add(self.used);
            ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len());
            self.used += bytes.len();
            Some(place.cast_const().cast())
        }
    }

    /// Puts one text in and writes its length. If it does not fit, writes the length alone.
    ///
    /// # Errors
    ///
    /// `KEYCASK_ERR_SPACE`.
    pub(crate) fn fill(&mut self, text: &[u8], len: &Out<usize>) -> Result<(), Stop> {
        let put = self.put(text);
        #[cfg(planted)]
        if put.is_none() {
            // SAFETY: `cap` bytes are writable by the promise to `new`.
            unsafe { crate::planted::short_of_room(self.at, self.cap) };
        }
        len.put(text.len());
        put.map(drop).ok_or_else(short)
    }
}

/// A buffer or an array is too small.
#[cold]
pub(crate) fn space() -> Stop {
    Stop::because(Status::ErrSpace, "a buffer or an array is too small for what has to go in")
}

/// A buffer or an array is too small, and the length or count that is enough was written.
#[cold]
pub(crate) fn short() -> Stop {
    Stop::because(Status::ErrSpace, "too small: the length or count that was written is enough")
}

/// Refuses a reserved field that is set.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT`.
#[inline]
pub(crate) fn zero(field: u32) -> Result<(), Stop> {
    if field == 0 { Ok(()) } else { Err(argument("a field that must be 0 is not")) }
}

#[cfg(test)]
mod tests;

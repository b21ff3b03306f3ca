//! Base62: the digits `0-9 A-Z a-z`, which count from 0 to 61 in the order of their codes.

/// The digits, each at the place of its value.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The value of each byte that is a digit.
static VALUES: [u8; 256] = values();

/// A bit that stands in no value of a digit.
const NO_VALUE: u8 = 0x80;

#[allow(clippy::indexing_slicing, reason = "the compiler sees to it")]
const fn values() -> [u8; 256] {
    let mut values = [NO_VALUE; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
}

/// How many digits every `u32` fits into: 62^6 is the first power above 2^32.
pub(super) const U32_LEN: usize = 6;

/// The digit of `value`, or nothing if it is above 61.
#[inline]
pub(super) fn digit(value: u8) -> Option<u8> {
    DIGITS.get(usize::from(value)).copied()
}

/// `value` in exactly six digits, most significant first.
#[inline]
pub(super) fn encode(value: u32) -> [u8; U32_LEN] {
    // Each digit is computed from the value itself and none from its neighbour, so that the
    // divisions run side by side.
    [62_u32.pow(5), 62_u32.pow(4), 62_u32.pow(3), 62_u32.pow(2), 62, 1].map(|unit| {
        let digit = value / unit % 62;
        DIGITS.get(digit as usize).copied().unwrap_or(b'0')
    })
}

/// The number that six digits stand for, or nothing if one of them is no digit. It may be more
/// than a `u32`: two texts never stand for the same number.
#[inline]
pub(super) fn decode(text: [u8; U32_LEN]) -> Option<u64> {
    let values = text.map(|byte| VALUES.get(usize::from(byte)).copied().unwrap_or(NO_VALUE));
    let foreign = values.iter().fold(0, |bits, value| bits | value) & NO_VALUE != 0;
    // In halves, each of which fits, so that they are computed side by side.
    let [a, b, c, d, e, f] = values.map(u32::from);
    let half = |x: u32, y: u32, z: u32| u64::from((x * 62 + y) * 62 + z);
    (!foreign).then(|| half(a, b, c) * 62_u64.pow(3) + half(d, e, f))
}

/// Whether `text` consists of digits.
#[inline]
pub(super) fn is_base62(text: &[u8]) -> bool {
    first_foreign(text).is_none()
}

/// Where in `text` the first byte stands that is not a digit.
///
/// A vector of bytes is looked at together. The last one may begin within the one before it, so
/// that nothing is copied.
#[inline]
pub(super) fn first_foreign(text: &[u8]) -> Option<usize> {
    let Some(last) = text.last_chunk() else {
        return text.iter().position(|byte| excess(*byte) != 0);
    };
    let (_, before_end) = text.split_last()?;
    let (vectors, _) = before_end.as_chunks();
    for (before, vector) in vectors.iter().enumerate() {
        if let Some(place) = foreign_in(vector) {
            return Some(before.saturating_mul(VECTOR).saturating_add(place));
        }
    }
    let before = text.len().saturating_sub(VECTOR);
    foreign_in(last).map(|place| before.saturating_add(place))
}

const VECTOR: usize = 16;

/// Where the first byte stands that is not a digit.
#[inline]
fn foreign_in(bytes: &[u8; VECTOR]) -> Option<usize> {
    let marks = u128::from_le_bytes(bytes.map(excess));
    (marks != 0).then(|| usize::try_from(marks.trailing_zeros() / u8::BITS).unwrap_or(0))
}

/// How far a byte is from being a digit: 0 if it is one. Without a branch, so that compilers do
/// it to whole vectors.
#[inline]
fn excess(byte: u8) -> u8 {
    // What is below the range wraps to far above it.
    let above = |low: u8, high: u8, byte: u8| byte.wrapping_sub(low).saturating_sub(high - low);
    above(b'0', b'9', byte).min(above(b'a', b'z', byte | 0x20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_the_alphanumeric_characters_in_the_order_of_their_codes() {
        let expected: Vec<u8> = (0..=u8::MAX).filter(u8::is_ascii_alphanumeric).collect();
        let digits: Vec<u8> = (0..=u8::MAX).map_while(digit).collect();
        assert_eq!(digits, expected);
    }

    /// What is compiled in is what the function that made it gives, and what the digits say.
    #[test]
    fn a_byte_has_the_place_of_its_digit_as_its_value() {
        let made = values();
        assert_eq!(made, VALUES);
        for (byte, value) in (0..=u8::MAX).zip(made) {
            let place = DIGITS.iter().position(|digit| *digit == byte);
            assert_eq!(value, place.map_or(NO_VALUE, |place| place as u8), "{byte}");
        }
    }

    #[test]
    fn numbers_are_written_big_endian_and_padded_with_zeros() {
        for (value, text) in [
            (0, b"000000"),
            (61, b"00000z"),
            (62, b"000010"),
            (62 * 62 - 1, b"0000zz"),
            (916_132_832, b"100000"),
            (u32::MAX, b"4gfFC3"),
        ] {
            assert_eq!(&encode(value), text, "{value}");
        }
    }

    #[test]
    fn a_number_that_was_written_is_read_back() {
        for value in (0..32).map(|bit| 1 << bit).chain([0, 61, 62, u32::MAX]) {
            assert_eq!(decode(encode(value)), Some(u64::from(value)));
        }
        assert_eq!(decode(*b"zzzzzz"), Some(62_u64.pow(6) - 1));
    }

    #[test]
    fn only_digits_are_read_and_each_as_itself() {
        for at in 0..U32_LEN {
            for byte in 0..=u8::MAX {
                let mut text = *b"000000";
                text[at] = byte;
                let place = DIGITS.iter().position(|digit| *digit == byte);
                let unit = 62_u64.pow(5 - at as u32);
                assert_eq!(decode(text), place.map(|value| value as u64 * unit));
            }
        }
        for foreign in 1..=U32_LEN {
            let text = std::array::from_fn(|at| if at < foreign { b'-' } else { b'0' });
            assert_eq!(decode(text), None, "{foreign} that are no digits");
        }
    }

    #[test]
    fn a_foreign_byte_is_found_at_every_place() {
        for len in 0..=134 {
            let digits = vec![b'z'; len];
            assert_eq!(first_foreign(&digits), None);
            for at in 0..len {
                let mut text = digits.clone();
                text[at] = b'_';
                // The first counts.
                text.iter_mut().skip(at + 1).step_by(3).for_each(|byte| *byte = b'-');
                assert_eq!(first_foreign(&text), Some(at), "{at} of {len}");
            }
        }
    }

    #[test]
    fn only_letters_and_figures_of_ascii_are_digits_alone_and_in_a_vector() {
        for byte in 0..=u8::MAX {
            let foreign = !byte.is_ascii_alphanumeric();
            assert_eq!(is_base62(&[byte]), !foreign, "{byte}");
            assert_eq!(is_base62(&[byte; VECTOR]), !foreign, "{byte}");
        }
    }
}

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

/// Where in `text` the first byte stands that is not a digit. Eight bytes are looked at together.
#[inline]
pub(super) fn first_foreign(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks();
    for (before, word) in words.iter().enumerate() {
        let foreign = foreign(*word);
        if foreign != 0 {
            return Some(before.saturating_mul(WORD).saturating_add(place(foreign)));
        }
    }
    let mut last = [b'0'; WORD];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let foreign = foreign(last);
    let before = text.len().saturating_sub(rest.len());
    (foreign != 0).then(|| before.saturating_add(place(foreign)))
}

const WORD: usize = 8;

/// The highest bit of each byte that is not a digit.
#[inline]
fn foreign(bytes: [u8; WORD]) -> u64 {
    const fn each(byte: u8) -> u64 {
        u64::from_le_bytes([byte; WORD])
    }
    const TOP: u64 = each(0x80);
    // Sets the top bit of each byte from `low` on, of bytes that have none: no sum carries over.
    let from = |low: u8, word: u64| word.wrapping_add(each(0x80_u8.wrapping_sub(low)));
    let word = u64::from_le_bytes(bytes);
    let plain = word & !TOP;
    let small = plain | each(0x20);
    let digit = from(b'0', plain) & !from(b'9' + 1, plain);
    let letter = from(b'a', small) & !from(b'z' + 1, small);
    !((digit | letter) & !word) & TOP
}

/// The number of the first byte that is marked.
#[inline]
fn place(marks: u64) -> usize {
    usize::try_from(marks.trailing_zeros() / 8).unwrap_or(0)
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
    }

    #[test]
    fn a_foreign_byte_is_found_at_every_place() {
        let digits = [b'z'; 134];
        assert!(is_base62(&digits));
        assert_eq!(first_foreign(&digits), None);
        for at in 0..digits.len() {
            let mut text = digits;
            text[at] = b'_';
            assert!(!is_base62(&text));
            assert_eq!(first_foreign(&text), Some(at));
        }
    }
}

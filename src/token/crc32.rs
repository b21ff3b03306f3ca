//! CRC-32 (IEEE 802.3, reflected), of which a short text takes two or three steps.

use crate::halves::halves;

/// Bytes of one step.
const STEP: usize = 16;

/// The polynomial, its lowest power in the highest bit.
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// Table n: what a byte adds to the sum that is followed by n others.
static TABLES: [[u32; 256]; STEP] = tables();

/// The CRC-32 of a text whose beginning has the CRC-32 `crc` and goes on with `bytes`. That of
/// no text is 0.
#[inline]
pub(super) fn extend(crc: u32, bytes: &[u8]) -> u32 {
    let (steps, rest) = bytes.as_chunks();
    let sum = steps.iter().fold(!crc, |sum, text| {
        let [low, high] = halves(u128::from_le_bytes(*text));
        word::<8>(low ^ u64::from(sum)) ^ word::<0>(high)
    });
    let (half, rest) = rest.as_chunks();
    let sum =
        half.iter().fold(sum, |sum, text| word::<0>(u64::from_le_bytes(*text) ^ u64::from(sum)));
    !fewer(sum, rest)
}

/// What the eight bytes of `word`, the lowest first, come to with `AFTER` others behind them: all
/// are looked up side by side.
#[inline]
#[allow(clippy::indexing_slicing, reason = "a byte is below 256, and all places below 16")]
fn word<const AFTER: usize>(word: u64) -> u32 {
    let of = |at: usize| TABLES[AFTER + 7 - at][usize::from(word.to_le_bytes()[at])];
    let of_four = |at: usize| (of(at) ^ of(at + 1)) ^ (of(at + 2) ^ of(at + 3));
    of_four(4) ^ of_four(0)
}

/// What a sum comes to with fewer bytes than a word behind it, these also looked up side by side.
#[inline]
#[allow(clippy::indexing_slicing, reason = "a byte is below 256")]
fn fewer(mut before: u32, bytes: &[u8]) -> u32 {
    let tables = TABLES.iter().take(bytes.len()).rev();
    let sum = bytes.iter().zip(tables).fold(0, |sum, (byte, table)| {
        let of = table[usize::from(byte ^ before.to_le_bytes()[0])];
        before >>= 8;
        sum ^ of
    });
    sum ^ before
}

const fn tables() -> [[u32; 256]; STEP] {
    let mut tables = [[0; 256]; STEP];
    let mut rest: &mut [[u32; 256]] = &mut tables;
    let mut before = bytes();
    while let Some((table, more)) = rest.split_first_mut() {
        *table = followed(before);
        before = *table;
        rest = more;
    }
    tables
}

/// All bytes in order.
const fn bytes() -> [u32; 256] {
    let mut bytes = [0; 256];
    let (mut rest, mut byte): (&mut [u32], u32) = (&mut bytes, 0);
    while let Some((place, more)) = rest.split_first_mut() {
        *place = byte;
        byte = byte.saturating_add(1);
        rest = more;
    }
    bytes
}

/// These sums after one byte more.
const fn followed(mut sums: [u32; 256]) -> [u32; 256] {
    let mut rest: &mut [u32] = &mut sums;
    while let Some((sum, more)) = rest.split_first_mut() {
        let mut bit = 0;
        while bit < 8 {
            *sum = (*sum >> 1) ^ (POLYNOMIAL & (*sum & 1).wrapping_neg());
            bit += 1;
        }
        rest = more;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The remainder that goes on from `sum`, a bit at a time.
    fn divided(sum: u32, bytes: &[u8]) -> u32 {
        bytes.iter().fold(sum, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ POLYNOMIAL }
            })
        })
    }

    /// The definition.
    fn plain(bytes: &[u8]) -> u32 {
        !divided(u32::MAX, bytes)
    }

    /// What is compiled in is what the function that made it gives, and what its definition says.
    #[test]
    fn each_table_has_what_a_byte_adds_that_so_many_others_follow() {
        let made = tables();
        assert_eq!(made, TABLES);
        for (after, table) in made.iter().enumerate() {
            for (byte, sum) in (0..=u8::MAX).zip(table) {
                // Beginning from nothing, so that the byte alone counts.
                let text = [vec![byte], vec![0; after]].concat();
                assert_eq!(*sum, divided(0, &text), "{byte} and {after} others");
            }
        }
    }

    #[test]
    fn the_check_value_of_the_catalogue_comes_out() {
        // CRC-32/ISO-HDLC of "123456789".
        assert_eq!(extend(0, b"123456789"), 0xCBF4_3926);
        assert_eq!(extend(0, b""), 0);
    }

    #[test]
    fn every_length_and_every_cut_gives_what_the_definition_gives() {
        let text: Vec<u8> = (0..=255).map(|n: u8| n.wrapping_mul(167)).collect();
        for len in 0..=166 {
            let whole = &text[..len];
            assert_eq!(extend(0, whole), plain(whole), "{len}");
            let (begin, rest) = whole.split_at(len / 3);
            assert_eq!(extend(extend(0, begin), rest), plain(whole), "{len}");
        }
    }
}

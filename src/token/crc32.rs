//! CRC-32 (IEEE 802.3, reflected), of which a short text takes two or three steps.

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
    let short = bytes.len() % STEP;
    let (head, rest) = bytes.split_at_checked(short).unwrap_or((&[], bytes));
    let head = match bytes.first_chunk() {
        // Longer than the head: the rest of it is shifted out below.
        Some(first) => u128::from_le_bytes(*first),
        None => {
            let mut padded = [0; STEP];
            padded.iter_mut().zip(head).for_each(|(to, from)| *to = *from);
            u128::from_le_bytes(padded)
        }
    };
    // Zeros stand before the head, which add nothing; behind it goes on what it is too short for.
    let bits = u32::try_from(short).unwrap_or(0).saturating_mul(8);
    let places = (head ^ u128::from(!crc)).unbounded_shl(u128::BITS.saturating_sub(bits));
    let sum = step(places) ^ (!crc).unbounded_shr(bits);
    let (steps, _) = rest.as_chunks();
    !steps.iter().fold(sum, |sum, text| step(u128::from_le_bytes(*text) ^ u128::from(sum)))
}

/// What these bytes, the lowest first, come to: all are looked up side by side.
#[inline]
#[allow(clippy::indexing_slicing, reason = "a byte is below 256, and all places below 16")]
fn step(text: u128) -> u32 {
    let bytes = text.to_le_bytes();
    let of = |at: usize| TABLES[STEP - 1 - at][usize::from(bytes[at])];
    let of_four = |at: usize| of(at) ^ of(at + 1) ^ of(at + 2) ^ of(at + 3);
    of_four(0) ^ of_four(4) ^ of_four(8) ^ of_four(12)
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

    /// The definition, a bit at a time.
    fn plain(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ POLYNOMIAL }
            })
        })
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

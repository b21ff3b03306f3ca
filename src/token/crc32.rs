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
    let (steps, rest) = bytes.as_chunks::<STEP>();
    !step(steps.iter().fold(!crc, |sum, bytes| step(sum, bytes)), rest)
}

/// The sum after at most [`STEP`] more bytes, all of which are looked up side by side.
#[inline]
fn step(sum: u32, bytes: &[u8]) -> u32 {
    let mut tables = TABLES.iter().rev().skip(STEP.saturating_sub(bytes.len()));
    let mut look_up = |byte: u8| {
        tables.next().and_then(|table| table.get(usize::from(byte))).copied().unwrap_or(0)
    };
    let (first, others) = bytes.split_at_checked(4).unwrap_or((bytes, &[]));
    let mixed = first.iter().zip(sum.to_le_bytes()).map(|(byte, before)| byte ^ before);
    let added = mixed.fold(0, |sum, byte| sum ^ look_up(byte));
    let added = others.iter().fold(added, |sum, &byte| sum ^ look_up(byte));
    // What no byte was there to mix with.
    added ^ sum.unbounded_shr(u32::try_from(bytes.len()).unwrap_or(0).saturating_mul(8))
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

//! Keyed BLAKE3 extended to 64 bytes, of several texts at once: each in a lane of vectors.
//!
//! The crate has no public way to hash many. A text of one chunk, of 1024 bytes at most, is a
//! chain of blocks, the last of which gives the output. A longer one is a tree, and left to the
//! crate.

use zeroize::Zeroize;

use super::lanes::{BLOCK, IV, each, load, rounds};
use super::words;
use crate::sys::Vectors;

/// Bytes of a chunk.
const CHUNK: usize = 1024;

/// The flags of a block: the first and the last one of a chunk, the last one of all, any one of
/// a keyed text.
const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const ROOT: u32 = 8;
const KEYED_HASH: u32 = 16;

/// Texts from which on lanes are worth their price.
const LANES_FROM: usize = 4;

/// The first 64 bytes of keyed BLAKE3 over `parts` one after another.
pub(crate) fn output(key: &[u8; 32], parts: &[&[u8]]) -> [u8; BLOCK] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in parts {
        hasher.update(part);
    }
    let mut output = [0; BLOCK];
    hasher.finalize_xof().fill(&mut output);
    output
}

/// Calls `put` with what [`output`] gives for each of `texts`, in their order.
pub(crate) fn outputs(key: &[u8; 32], texts: &[&[u8]], put: impl FnMut([u8; BLOCK])) {
    match Vectors::detect() {
        Vectors::Long(long) => long.run(|| in_lanes::<16>(key, texts, put)),
        Vectors::Medium(medium) => medium.run(|| in_lanes::<8>(key, texts, put)),
        Vectors::Short => in_lanes::<4>(key, texts, put),
    }
}

#[inline(always)]
fn in_lanes<const L: usize>(key: &[u8; 32], texts: &[&[u8]], mut put: impl FnMut([u8; BLOCK])) {
    let mut key_words = words(key);
    for group in texts.chunks(L) {
        if group.len() < LANES_FROM || group.iter().any(|text| text.len() > CHUNK) {
            group.iter().for_each(|text| put(output(key, &[text])));
        } else {
            chains::<L>(&key_words, group).into_iter().take(group.len()).for_each(&mut put);
        }
    }
    key_words.zeroize();
}

/// The outputs of `L` texts at most, each of one chunk.
#[inline(always)]
fn chains<const L: usize>(key: &[u32; 8], texts: &[&[u8]]) -> [[u8; BLOCK]; L] {
    let blocks = |text: &&[u8]| text.len().div_ceil(BLOCK).max(1);
    let mut outputs = [[0; BLOCK]; L];
    let mut chain = key.map(|word| [word; L]);
    for number in 0..texts.iter().map(blocks).max().unwrap_or(0) {
        let first = if number == 0 { KEYED_HASH | CHUNK_START } else { KEYED_HASH };
        let (mut message, mut lens, mut flags) = ([[0; L]; 16], [0; L], [first; L]);
        for (lane, (text, flags)) in texts.iter().zip(&mut flags).enumerate() {
            // What has ended goes on with empty blocks, which nobody asks for.
            let rest = text.get(number * BLOCK..).unwrap_or_default();
            load(&mut message, &mut lens, lane, rest.get(..BLOCK).unwrap_or(rest));
            *flags |= if rest.len() <= BLOCK { CHUNK_END | ROOT } else { 0 };
        }
        let words = compress(&mut chain, &message, lens, flags);
        for (lane, (text, output)) in texts.iter().zip(&mut outputs).enumerate() {
            if blocks(text) == number + 1 {
                for (place, word) in output.as_chunks_mut().0.iter_mut().zip(&words) {
                    *place = word.get(lane).copied().unwrap_or_default().to_le_bytes();
                }
            }
        }
    }
    outputs
}

/// The compression function, over the counter 0. Gives all of its output, and replaces the chain
/// by the first half of it.
#[inline(always)]
fn compress<const L: usize>(
    chain: &mut [[u32; L]; 8],
    message: &[[u32; L]; 16],
    lens: [u32; L],
    flags: [u32; L],
) -> [[u32; L]; 16] {
    let [c0, c1, c2, c3, c4, c5, c6, c7] = *chain;
    let [i0, i1, i2, i3] = IV.map(|word| [word; L]);
    let none = [0; L];
    let mut v = [c0, c1, c2, c3, c4, c5, c6, c7, i0, i1, i2, i3, none, none, lens, flags];
    rounds(&mut v, message);
    let xor = |a: [u32; L], b: [u32; L]| each(&a, &b, |a, b| a ^ b);
    let [a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7] = v;
    let [l0, l1, l2, l3] = [xor(a0, b0), xor(a1, b1), xor(a2, b2), xor(a3, b3)];
    let [l4, l5, l6, l7] = [xor(a4, b4), xor(a5, b5), xor(a6, b6), xor(a7, b7)];
    let [h0, h1, h2, h3] = [xor(b0, c0), xor(b1, c1), xor(b2, c2), xor(b3, c3)];
    let [h4, h5, h6, h7] = [xor(b4, c4), xor(b5, c5), xor(b6, c6), xor(b7, c7)];
    *chain = [l0, l1, l2, l3, l4, l5, l6, l7];
    [l0, l1, l2, l3, l4, l5, l6, l7, h0, h1, h2, h3, h4, h5, h6, h7]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [0xA5; 32];

    fn text() -> Vec<u8> {
        (0..3 * CHUNK).map(|n| (n % 251) as u8).collect()
    }

    fn same(texts: &[&[u8]], run: impl Fn(&[&[u8]], &mut dyn FnMut([u8; BLOCK]))) {
        let mut expected = texts.iter().map(|text| output(&KEY, &[text]));
        run(texts, &mut |output| assert_eq!(expected.next(), Some(output)));
        assert_eq!(expected.next(), None);
    }

    #[test]
    fn lanes_give_what_blake3_gives_for_every_length_of_a_chunk_beside_others() {
        let text = text();
        for first in 0..=CHUNK {
            let lens = (0..16).map(|n| (first + 67 * n) % (CHUNK + 1));
            let texts: Vec<&[u8]> = lens.map(|len| &text[len / 2..][..len]).collect();
            same(&texts, |texts, put| in_lanes::<4>(&KEY, texts, put));
            same(&texts, |texts, put| in_lanes::<8>(&KEY, texts, put));
            same(&texts, |texts, put| in_lanes::<16>(&KEY, texts, put));
        }
    }

    #[test]
    fn outputs_of_many_are_those_of_each_however_many_and_however_long() {
        let text = text();
        for longest in [60, 195, CHUNK, CHUNK + 1, 2 * CHUNK] {
            for count in [0, 1, 3, 4, 5, 16, 17, 64] {
                let texts: Vec<&[u8]> =
                    (0..count).map(|n| &text[n..][..longest - n % 40]).collect();
                same(&texts, |texts, put| outputs(&KEY, texts, put));
            }
        }
    }
}

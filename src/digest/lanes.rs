//! Keyed BLAKE3 of several short texts at once, each in a lane of the processor's vectors.
//!
//! What `blake3::keyed_hash` gives, for texts of one block: of 64 bytes at most. The crate has no
//! public way to hash many; this is the specification's compression function (section 2.2 of
//! the BLAKE3 paper), written over arrays that the compiler turns into vectors. Without
//! vectors it is right and slow.

use super::Digest;

/// Bytes of a block, and so of the longest text.
pub(super) const BLOCK: usize = 64;

const IV: [u32; 4] = [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A];

/// CHUNK_START, CHUNK_END, ROOT and KEYED_HASH: the first block is the last of the only chunk.
const FLAGS: u32 = 1 | 2 | 8 | 16;

/// Which word of the message is whose turn, round by round: the permutation of the paper's
/// table 2, applied once more each time.
#[allow(clippy::indexing_slicing, reason = "the compiler sees to it")]
const SCHEDULE: [[usize; 16]; 7] = {
    let permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
    let mut schedule = [[0; 16]; 7];
    let (mut round, mut word) = (0, 0);
    while word < 16 {
        schedule[0][word] = word;
        word += 1;
    }
    while round < 6 {
        word = 0;
        while word < 16 {
            schedule[round + 1][word] = schedule[round][permutation[word]];
            word += 1;
        }
        round += 1;
    }
    schedule
};

/// Puts the digests of `texts` into `digests`, in their order, `L` at a time. Key and texts are
/// left on the stack.
#[inline(always)]
pub(super) fn digests<const L: usize>(key: &[u32; 8], texts: &[&[u8]], digests: &mut [Digest]) {
    for (group, places) in texts.chunks(L).zip(digests.chunks_mut(L)) {
        let mut message = [[0; L]; 16];
        let mut lens = [0; L];
        for (lane, text) in group.iter().enumerate() {
            load(&mut message, &mut lens, lane, text);
        }
        let words = compress(key, &message, &lens);
        for (lane, (place, _)) in places.iter_mut().zip(group).enumerate() {
            *place =
                Digest::from_words(words.map(|word| word.get(lane).copied().unwrap_or_default()));
        }
    }
}

/// Puts `text` into a lane, with zeros behind it.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "a group has a text for each lane at most")]
fn load<const L: usize>(
    message: &mut [[u32; L]; 16],
    lens: &mut [u32; L],
    lane: usize,
    text: &[u8],
) {
    let (words, rest) = text.as_chunks();
    let mut last = [0; 4];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    for (place, word) in message.iter_mut().zip(words.iter().chain([&last])) {
        place[lane] = u32::from_le_bytes(*word);
    }
    lens[lane] = u32::try_from(text.len()).unwrap_or(0);
}

/// The compression function, of which the upper half of the state is left out.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "places of the schedule are below 16")]
fn compress<const L: usize>(
    key: &[u32; 8],
    message: &[[u32; L]; 16],
    lens: &[u32; L],
) -> [[u32; L]; 8] {
    let all = |word| [word; L];
    let [k0, k1, k2, k3, k4, k5, k6, k7] = key.map(all);
    let [i0, i1, i2, i3] = IV.map(all);
    // The counter of the only chunk is 0.
    let mut v = [k0, k1, k2, k3, k4, k5, k6, k7, i0, i1, i2, i3, all(0), all(0), *lens, all(FLAGS)];
    for s in &SCHEDULE {
        let m = s.map(|word| &message[word]);
        mix(&mut v, [0, 4, 8, 12], m[0], m[1]);
        mix(&mut v, [1, 5, 9, 13], m[2], m[3]);
        mix(&mut v, [2, 6, 10, 14], m[4], m[5]);
        mix(&mut v, [3, 7, 11, 15], m[6], m[7]);
        mix(&mut v, [0, 5, 10, 15], m[8], m[9]);
        mix(&mut v, [1, 6, 11, 12], m[10], m[11]);
        mix(&mut v, [2, 7, 8, 13], m[12], m[13]);
        mix(&mut v, [3, 4, 9, 14], m[14], m[15]);
    }
    let [a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7] = v;
    let xor = |a: [u32; L], b: [u32; L]| each(&a, &b, |a, b| a ^ b);
    [
        xor(a0, b0),
        xor(a1, b1),
        xor(a2, b2),
        xor(a3, b3),
        xor(a4, b4),
        xor(a5, b5),
        xor(a6, b6),
        xor(a7, b7),
    ]
}

/// The mixing of one column or diagonal of the state with two words of the message.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "all places are literals below 16")]
fn mix<const L: usize>(
    v: &mut [[u32; L]; 16],
    [a, b, c, d]: [usize; 4],
    x: &[u32; L],
    y: &[u32; L],
) {
    let add = |a: &[u32; L], b: &[u32; L]| each(a, b, u32::wrapping_add);
    let turn = |a: &[u32; L], b: &[u32; L], by| each(a, b, |a, b| (a ^ b).rotate_right(by));
    v[a] = add(&add(&v[a], &v[b]), x);
    v[d] = turn(&v[d], &v[a], 16);
    v[c] = add(&v[c], &v[d]);
    v[b] = turn(&v[b], &v[c], 12);
    v[a] = add(&add(&v[a], &v[b]), y);
    v[d] = turn(&v[d], &v[a], 8);
    v[c] = add(&v[c], &v[d]);
    v[b] = turn(&v[b], &v[c], 7);
}

#[inline(always)]
fn each<const L: usize>(a: &[u32; L], b: &[u32; L], with: impl Fn(u32, u32) -> u32) -> [u32; L] {
    let mut out = [0; L];
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = with(*a, *b);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same<const L: usize>() {
        let key: [u8; 32] = std::array::from_fn(|n| n as u8 * 7);
        let words = super::super::words(&key);
        let text: Vec<u8> = (0..=255).collect();
        // Every length stands in every lane, beside others.
        for first in 0..=BLOCK {
            let texts: Vec<&[u8]> =
                (0..3 * L).map(|n| &text[n..n + (first + 5 * n) % (BLOCK + 1)]).collect();
            let mut given = [Digest::NONE; 64];
            digests::<L>(&words, &texts, &mut given);
            let expected = texts.iter().map(|text| Digest(blake3::keyed_hash(&key, text)));
            let rest = vec![Digest::NONE; given.len() - texts.len()];
            assert!(expected.chain(rest).eq(given));
        }
    }

    #[test]
    fn lanes_give_what_blake3_gives_for_every_length_in_every_lane() {
        same::<1>();
        same::<4>();
        same::<8>();
        same::<16>();
    }
}

//! Looking for secrets in all memory of this process, and in files.

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::ptr;

use zeroize::Zeroize;

const MASK: u8 = 0xA5;

/// Where the part of a secret begins that no other has: of a token, in the middle of its body. Over
/// the 16 bytes before it an allocator writes when it takes the buffer of a token back.
const FROM: usize = 16;

/// Bytes of a part.
const LEN: usize = 16;

/// Bytes of a word. Wherever a part stands, it covers one that begins at a multiple of this.
const WORD: usize = 8;

/// Bytes of memory that are looked at one after another.
const CHUNK: usize = 1 << 20;

/// Bytes that are passed over at once if they are zeros, as most memory is.
const PAGE: usize = 4096;

/// What is known of secrets: parts under a mask, so that what is looked for is not found here.
pub struct Known {
    parts: Vec<[u8; LEN]>,
    /// From a masked word to the part that has it, and where in it.
    words: HashMap<u64, (usize, usize)>,
    /// For two bytes, whether a masked word ends with them: most words of memory do not.
    ends: Vec<bool>,
}

impl Default for Known {
    fn default() -> Self {
        Self { parts: Vec::new(), words: HashMap::new(), ends: vec![false; 1 << 16] }
    }
}

impl Known {
    /// Takes up a token, or what one was made of. They are numbered as they come.
    pub fn add(&mut self, secret: &[u8]) {
        self.add_part(&secret[FROM..]);
    }

    /// Takes up both halves of a secret of 32 bytes, as two.
    pub fn add_halves(&mut self, secret: &[u8; 2 * LEN]) {
        secret.chunks_exact(LEN).for_each(|half| self.add_part(half));
    }

    fn add_part(&mut self, secret: &[u8]) {
        // Byte by byte, so that the part never stands anywhere without its mask.
        let part: [u8; LEN] = std::array::from_fn(|at| secret[at] ^ MASK);
        for (at, word) in part.windows(WORD).enumerate() {
            let word = number(word);
            self.words.insert(word, (self.parts.len(), at));
            self.ends[usize::from(word as u16)] = true;
        }
        self.parts.push(part);
    }

    /// How many secrets there are.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Tells of each secret of which a part is in `bytes`, and where the part begins. They begin at
    /// a multiple of [`WORD`]. Of a part that covers several words it tells as often.
    fn find(&self, bytes: &[u8], mut found: impl FnMut(usize, usize)) {
        let (zeros, mask) = ([0; PAGE], u64::from_le_bytes([MASK; WORD]));
        for (page, words) in bytes.chunks(PAGE).enumerate() {
            if *words == zeros[..words.len()] {
                continue;
            }
            for (n, word) in words.chunks_exact(WORD).enumerate() {
                let word = number(word) ^ mask;
                if self.ends[usize::from(word as u16)]
                    && let Some((part, at)) = self.words.get(&word)
                    && let Some(from) = (page * PAGE + n * WORD).checked_sub(*at)
                    && bytes.get(from..from + LEN).is_some_and(|text| self.is_part(*part, text))
                {
                    found(*part, from);
                }
            }
        }
    }

    fn is_part(&self, part: usize, text: &[u8]) -> bool {
        text.iter().zip(&self.parts[part]).all(|(byte, masked)| byte ^ MASK == *masked)
    }
}

fn number(word: &[u8]) -> u64 {
    u64::from_le_bytes(word.try_into().unwrap())
}

/// Which memory a secret was found in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Memory {
    /// The stack of this thread.
    Stack,
    /// Any other.
    Heap,
}

/// Looks through the memory that this process can write to. Tells of each secret by its number, and
/// where the part of it begins, once or more.
pub fn look(known: &Known, mut found: impl FnMut(usize, Memory, u64)) {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut buffer = vec![0; CHUNK];
    let here = ptr::from_ref(&memory).addr() as u64;
    // Where memory is read to is memory, too: what is seen there was seen where it stands.
    let own = buffer.as_ptr_range();
    let own = own.start.addr() as u64..own.end.addr() as u64;
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|hex| u64::from_str_radix(hex, 16).unwrap());
        if rest.starts_with("rw") {
            let is_stack = (start..end).contains(&here);
            let place = if is_stack { Memory::Stack } else { Memory::Heap };
            read(&memory, start..end, &mut buffer, |at, bytes| {
                known.find(bytes, |secret, from| {
                    let address = at + from as u64;
                    if !own.contains(&address) {
                        found(secret, place, address);
                    }
                });
            });
        }
    }
}

/// Looks through a file.
pub fn look_at(path: &Path, known: &Known, mut found: impl FnMut(usize)) {
    let file = File::open(path).unwrap();
    let end = file.metadata().unwrap().len();
    read(&file, 0..end, &mut vec![0; CHUNK], |_, bytes| known.find(bytes, |it, _| found(it)));
}

/// Shows `seen` what stands in a range of a file, and from where on, in pieces that overlap by a
/// part and more.
fn read(file: &File, range: Range<u64>, buffer: &mut [u8], mut seen: impl FnMut(u64, &[u8])) {
    let mut at = range.start;
    while at < range.end {
        let len = (range.end - at).min(CHUNK as u64) as usize;
        let Ok(read) = file.read_at(&mut buffer[..len], at) else { break };
        seen(at, &buffer[..read]);
        // What was read is not to be found a second time, where it was read to.
        buffer[..read].zeroize();
        let is_last = read < len || at + len as u64 == range.end;
        at += if is_last { len } else { len - 2 * LEN } as u64;
    }
}

//! A file as its runs: most of a small store is one byte again and again.
//!
//! Each part is a byte, how often it is repeated, and how many others follow, 4 bytes each and
//! little-endian; then those.

/// How often a byte must be repeated to be a run: as many as what begins a part takes.
const LEAST: usize = 9;

/// How often the first byte is repeated from there on.
fn run(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte == bytes[0]).count()
}

pub fn pack(bytes: &[u8]) -> Vec<u8> {
    let (mut packed, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let repeated = run(&bytes[at..]);
        let start = at + repeated;
        let mut end = start;
        while end < bytes.len() && run(&bytes[end..]) < LEAST {
            end += 1;
        }
        packed.push(bytes[at]);
        for number in [repeated, end - start] {
            packed.extend_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
        }
        packed.extend_from_slice(&bytes[start..end]);
        at = end;
    }
    packed
}

pub fn unpack(mut packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !packed.is_empty() {
        let number =
            |at: usize| u32::from_le_bytes(packed[at..at + 4].try_into().unwrap()) as usize;
        let (repeated, others) = (number(1), number(5));
        bytes.resize(bytes.len() + repeated, packed[0]);
        bytes.extend_from_slice(&packed[9..9 + others]);
        packed = &packed[9 + others..];
    }
    bytes
}

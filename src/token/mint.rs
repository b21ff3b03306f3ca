//! Making a new token.

use zeroize::Zeroizing;

use super::base62;
use super::secret::Token;
use super::shape::Shape;
use crate::error::{Error, ErrorKind, Result};
use crate::random::Random;

/// How many random bytes are drawn at once: enough for a usual body in one call.
const DRAW: usize = 64;

/// After how many draws the source is given up. One draw is good for 62 characters on
/// average and the longest body has 128, so no source that deserves the name gets here.
const DRAWS_MAX: usize = 32;

impl Shape {
    /// Makes a token of this shape, each character of its body being equally likely.
    ///
    /// # Errors
    ///
    /// `Random` if the source fails, or gives bytes that cannot be random.
    pub(crate) fn mint(&self, random: &Random) -> Result<Token> {
        let mut token = Token::with_room(self.token_len());
        token.push(self.prefix().as_bytes());
        push_body(&mut token, self.body_len(), random)?;
        let body = token.expose().as_bytes().get(self.prefix().len()..);
        if let Some(digits) = body.and_then(|body| self.checksum_of(body)) {
            token.push(&digits);
        }
        Ok(token)
    }
}

/// Puts `len` random characters to the end of `token`.
///
/// Six bits of each byte select one of 64, of which the last two are no digits and are drawn
/// again: a remainder would make some characters more likely than others.
fn push_body(token: &mut Token, len: usize, random: &Random) -> Result<()> {
    let mut missing = len;
    let mut drawn = Zeroizing::new([0; DRAW]);
    for _ in 0..DRAWS_MAX {
        random.fill(drawn.as_mut_slice())?;
        for digit in drawn.iter().filter_map(|byte| base62::digit(byte >> 2)) {
            token.push(&[digit]);
            missing = missing.saturating_sub(1);
            if missing == 0 {
                return Ok(());
            }
        }
    }
    Err(Error::new(ErrorKind::Random, "the source of randomness gives bytes that are not random"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io;

    use rand_core::{TryCryptoRng, TryRng};

    use super::*;
    use crate::token::{Checksum, Grammar};

    /// A source that fills with what its function says.
    struct Source<F>(F);

    impl<F: FnMut(&mut [u8]) -> io::Result<()>> TryRng for Source<F> {
        type Error = io::Error;

        fn try_next_u32(&mut self) -> io::Result<u32> {
            rand_core::utils::next_word_via_fill(self)
        }

        fn try_next_u64(&mut self) -> io::Result<u64> {
            rand_core::utils::next_word_via_fill(self)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> io::Result<()> {
            self.0(bytes)
        }
    }

    impl<F: FnMut(&mut [u8]) -> io::Result<()>> TryCryptoRng for Source<F> {}

    /// Random bytes that are the same in every run.
    fn fixed() -> Random {
        let mut stream = blake3::Hasher::new().finalize_xof();
        Random::new(Source(move |bytes: &mut [u8]| {
            stream.fill(bytes);
            Ok(())
        }))
    }

    fn repeating(byte: u8) -> Random {
        Random::new(Source(move |bytes: &mut [u8]| {
            bytes.fill(byte);
            Ok(())
        }))
    }

    fn shape(body: usize, checksum: Checksum) -> Shape {
        Shape::new("cg_live_", body, checksum).unwrap()
    }

    #[test]
    fn a_token_is_made_of_its_three_parts() {
        for body in [Shape::BODY_MIN, 62, 63, 64, Shape::BODY_MAX] {
            for checksum in [Checksum::None, Checksum::Crc32] {
                let shape = shape(body, checksum);
                let token = shape.mint(&fixed()).unwrap();
                assert_eq!(token.expose().len(), shape.token_len());
                let grammar = Grammar::new([shape]).unwrap();
                assert_eq!(grammar.parse(token.expose().as_bytes()), Ok(0));
            }
        }
    }

    #[test]
    fn each_byte_drawn_becomes_the_digit_of_its_upper_six_bits() {
        for (byte, digit) in [(0, '0'), (3, '0'), (4, '1'), (0xF4, 'z'), (0xF7, 'z')] {
            let token = shape(32, Checksum::None).mint(&repeating(byte)).unwrap();
            assert_eq!(token.expose(), format!("cg_live_{}", digit.to_string().repeat(32)));
        }
    }

    #[test]
    fn bytes_that_select_no_digit_are_passed_over() {
        let mut next = 0xF0_u8;
        let random = Random::new(Source(move |bytes: &mut [u8]| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
            Ok(())
        }));
        let token = shape(22, Checksum::None).mint(&random).unwrap();
        assert_eq!(token.expose(), "cg_live_yyyyzzzz00001111222233");
    }

    #[test]
    fn every_character_is_equally_likely_at_every_place() {
        const TOKENS: usize = 62 * 500;
        let (random, shape) = (fixed(), shape(24, Checksum::None));
        let mut counts = [[0_u32; 128]; 24];
        for _ in 0..TOKENS {
            let token = shape.mint(&random).unwrap();
            let body = &token.expose().as_bytes()[8..];
            counts.iter_mut().zip(body).for_each(|(at, byte)| at[usize::from(*byte)] += 1);
        }
        // Chi-squared with 61 degrees of freedom exceeds 140 with a chance of about 4e-8 a place.
        for at in counts {
            let off = |byte: u8| (f64::from(at[usize::from(byte)]) - 500.0).powi(2) / 500.0;
            let chi: f64 = (0..62).filter_map(base62::digit).map(off).sum();
            assert!(chi < 140.0, "{chi}");
        }
    }

    #[test]
    fn no_two_tokens_are_alike() {
        let (random, shape) = (Random::system(), shape(22, Checksum::Crc32));
        let tokens: HashSet<String> =
            (0..10_000).map(|_| shape.mint(&random).unwrap().expose().to_owned()).collect();
        assert_eq!(tokens.len(), 10_000);
    }

    #[test]
    fn a_source_that_fails_or_repeats_itself_makes_no_token() {
        let failing = Random::new(Source(|_: &mut [u8]| Err(io::Error::other("no entropy"))));
        for random in [failing, repeating(0xFF), repeating(0xF8)] {
            let error = shape(32, Checksum::Crc32).mint(&random).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Random);
        }
    }
}

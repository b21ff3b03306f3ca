//! What tells a row of this store from any other bytes.
//!
//! One random store key, of which the file holds a sealed copy only, gives the keys of this
//! module. Sealed beside it is the trace key, which a store that is restored from this one keeps.
//! A row's MAC covers the name of its table, its key, its version byte and its body: a row that is
//! damaged, forged, or moved from elsewhere is refused. Without a pepper the seal's key is public,
//! and all of this finds damage but no forgery.

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};
use zeroize::Zeroizing;

use super::set::Element;
use super::tables::name_row;
use crate::digest::{Pepper, Tracer};
use crate::error::{Error, ErrorKind, Result};
use crate::random::Random;
use crate::secret::Secret;

/// Length of a MAC in bytes.
pub(super) const MAC_LEN: usize = 16;

/// The MAC of one row.
pub(super) type Mac = [u8; MAC_LEN];

/// The secrets of a store.
pub(super) struct StoreKeys {
    /// From which its MAC keys derive.
    store: Secret,
    /// By which imported keys are known again for as long as their rows live.
    trace: Secret,
}

/// The secrets of a store as the header holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SealedKeys {
    pub(super) nonce: [u8; 24],
    /// The secrets' 64 bytes enciphered, then the 16 bytes of the tag.
    pub(super) sealed: [u8; 80],
}

impl StoreKeys {
    pub(super) fn random(random: &Random) -> Result<Self> {
        Ok(Self { store: Secret::random(random)?, trace: Secret::random(random)? })
    }

    /// Those of a store that is restored from the one with these: another store key.
    pub(super) fn restored(self, random: &Random) -> Result<Self> {
        Ok(Self { store: Secret::random(random)?, ..self })
    }

    /// Seals the secrets under `pepper`, or under a public constant if there is none.
    /// `associated` is needed to open it.
    pub(super) fn seal(
        &self,
        pepper: Option<&Pepper>,
        associated: &[u8],
        random: &Random,
    ) -> Result<SealedKeys> {
        let mut nonce = [0; 24];
        random.fill(&mut nonce)?;
        let mut text = Zeroizing::new([0; 64]);
        let secrets = self.store.expose().iter().chain(self.trace.expose());
        text.iter_mut().zip(secrets).for_each(|(to, from)| *to = *from);
        let payload = Payload { msg: &*text, aad: associated };
        let sealed = seal_key(pepper).cipher(|c| c.encrypt(&XNonce::from(nonce), payload)).ok();
        let sealed = sealed.and_then(|sealed| sealed.try_into().ok());
        let sealed = sealed
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the store key could not be sealed"))?;
        Ok(SealedKeys { nonce, sealed })
    }

    /// Opens what [`seal`](Self::seal) made; `None` if the pepper is another, or what is sealed
    /// or was associated with it has changed.
    pub(super) fn open(
        sealed: &SealedKeys,
        pepper: Option<&Pepper>,
        associated: &[u8],
    ) -> Option<Self> {
        let payload = Payload { msg: &sealed.sealed, aad: associated };
        let nonce = XNonce::from(sealed.nonce);
        let text = Zeroizing::new(seal_key(pepper).cipher(|c| c.decrypt(&nonce, payload)).ok()?);
        let (store, trace) = text.split_first_chunk()?;
        Some(Self { store: Secret::copy(store), trace: Secret::copy(trace.try_into().ok()?) })
    }
}

fn seal_key(pepper: Option<&Pepper>) -> Secret {
    match pepper {
        Some(pepper) => pepper.derive("keycask 2026-11 seal of the store key"),
        None => Secret::derived("keycask 2026-11 seal of the store key without a pepper", b""),
    }
}

/// The keys of a store's rows, and of the traces in some of them.
pub(super) struct MacKeys {
    row: Secret,
    audit: Secret,
    mask: Secret,
    anchor: Secret,
    tracer: Tracer,
}

impl MacKeys {
    pub(super) fn new(keys: StoreKeys) -> Self {
        let StoreKeys { store, trace } = keys;
        Self {
            row: store.derive("keycask 2026-11 MAC of a row"),
            audit: store.derive("keycask 2026-11 chain of the audit trail"),
            mask: store.derive("keycask 2026-11 mask of the set digest"),
            anchor: store.derive("keycask 2026-11 anchor of a store"),
            tracer: Tracer::new(trace),
        }
    }

    /// What knows imported keys again.
    pub(super) fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// The key of the audit trail's chain.
    pub(super) fn audit(&self) -> &Secret {
        &self.audit
    }

    /// The MAC of the row `key` of `table` whose version and body are `body`, and what the
    /// row adds to a set digest: two parts of one keyed BLAKE3, extended to 64 bytes, over
    ///
    /// ```text
    /// length of the table's name 1, name, length of the row's key 2, key, body
    /// ```
    ///
    /// with bytes 0..16 for the MAC and 32..64 for the element.
    pub(super) fn hash(&self, table: &str, key: &[u8], body: &[u8]) -> (Mac, Element) {
        // No table has a name, and no row a key, of a length that these widths cut.
        let name_len = u8::try_from(table.len()).unwrap_or(u8::MAX);
        let key_len = u16::try_from(key.len()).unwrap_or(u16::MAX);
        let mut output = [0; 64];
        self.row.hasher(|hasher| {
            hasher.update(&[name_len]).update(table.as_bytes());
            hasher.update(&key_len.to_le_bytes()).update(key).update(body);
            hasher.finalize_xof().fill(&mut output);
        });
        let mac = output.first_chunk().copied().unwrap_or_default();
        let element = output.last_chunk().copied().unwrap_or_default();
        (mac, element)
    }

    /// The row's value, which is `body` and its MAC, and the row's element.
    pub(super) fn seal(&self, table: &str, key: &[u8], mut body: Vec<u8>) -> (Vec<u8>, Element) {
        let (mac, element) = self.hash(table, key, &body);
        body.extend_from_slice(&mac);
        (body, element)
    }

    /// The body of the row with this value, and the row's element.
    ///
    /// # Errors
    ///
    /// `Corrupt`, naming the row, if the MAC is not that of this body in this place.
    pub(super) fn open<'r>(
        &self,
        table: &str,
        key: &[u8],
        value: &'r [u8],
    ) -> Result<(&'r [u8], Element)> {
        let refuse =
            |why| Error::new(ErrorKind::Corrupt, format!("{}: {why}", name_row(table, key)));
        let (body, mac) =
            value.split_last_chunk().ok_or_else(|| refuse("it is too short to be a row"))?;
        let (want, element) = self.hash(table, key, body);
        if !equal(mac, &want) {
            return Err(refuse("it is damaged, forged, or was moved here"));
        }
        Ok((body, element))
    }

    /// The digest of an anchor over `state`, which it does not tell.
    pub(super) fn anchor(&self, state: &[u8]) -> [u8; 16] {
        let hash = self.anchor.hash(state);
        hash.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// What hides the set digest of the state row that has this MAC.
    pub(super) fn mask(&self, mac: &Mac) -> [u8; 64] {
        let mut mask = [0; 64];
        self.mask.hasher(|hasher| hasher.update(mac).finalize_xof().fill(&mut mask));
        mask
    }
}

/// Whether two MACs are equal, in a time that does not tell where they differ.
pub(super) fn equal(a: &Mac, b: &Mac) -> bool {
    blake3::Hash::from_bytes(widen(a)) == blake3::Hash::from_bytes(widen(b))
}

fn widen(mac: &Mac) -> [u8; 32] {
    let mut wide = [0; 32];
    for (to, from) in wide.iter_mut().zip(mac) {
        *to = *from;
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(byte: u8) -> StoreKeys {
        let [store, trace] = [byte, byte ^ 0xFF].map(|byte| Secret::copy(&[byte; 32]));
        StoreKeys { store, trace }
    }

    fn keys() -> MacKeys {
        MacKeys::new(keys_of(3))
    }

    #[test]
    fn a_row_opens_in_its_own_place_only() {
        let (row, element) = keys().seal("keys", &[0; 8], b"\x01body".to_vec());
        let (body, again) = keys().open("keys", &[0; 8], &row).unwrap();
        assert_eq!((body, again), (b"\x01body".as_slice(), element));
        for (table, key) in [("usage", &[0; 8][..]), ("keys", &[1; 8]), ("keys", &[0; 7])] {
            let refused = keys().open(table, key, &row).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Corrupt);
            assert!(refused.message().starts_with(table), "{refused}");
        }
        let other = MacKeys::new(keys_of(4));
        assert!(other.open("keys", &[0; 8], &row).is_err());
    }

    /// Else a row of the store that was backed up could be put into the one that is restored.
    #[test]
    fn a_restored_store_has_macs_of_its_own_and_knows_imported_keys_again() {
        let (row, _) = keys().seal("keys", &[0; 8], b"\x01body".to_vec());
        let restored = keys_of(3).restored(&Random::system()).unwrap();
        assert_eq!(restored.trace.expose(), keys_of(3).trace.expose());
        assert!(MacKeys::new(restored).open("keys", &[0; 8], &row).is_err());
    }

    #[test]
    fn every_bit_of_a_row_counts() {
        let (row, _) = keys().seal("keys", &[0; 8], b"\x01body".to_vec());
        for bit in 0..row.len() * 8 {
            let mut bad = row.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(keys().open("keys", &[0; 8], &bad).is_err(), "bit {bit}");
        }
        for cut in 0..row.len() {
            assert!(keys().open("keys", &[0; 8], &row[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_byte_cannot_cross_from_the_key_into_the_body() {
        let (mac, _) = keys().hash("owner_names", b"ab", b"c");
        assert_ne!(mac, keys().hash("owner_names", b"a", b"bc").0);
    }

    #[test]
    fn the_secrets_of_a_store_open_under_their_own_pepper_and_association_only() {
        let random = Random::system();
        let pepper = || Pepper::new(&[1; 32]);
        let key = keys_of(5);
        let sealed = key.seal(Some(&pepper()), b"a", &random).unwrap();
        let open = |p: Option<&Pepper>, a: &[u8]| {
            StoreKeys::open(&sealed, p, a).map(|k| (*k.store.expose(), *k.trace.expose()))
        };
        assert_eq!(open(Some(&pepper()), b"a"), Some(([5; 32], [0xFA; 32])));
        assert_eq!(open(Some(&pepper()), b"b"), None);
        assert_eq!(open(Some(&Pepper::new(&[2; 32])), b"a"), None);
        assert_eq!(open(None, b"a"), None);
        for secret in [[5; 32], [0xFA; 32]] {
            assert!(sealed.sealed.windows(32).all(|bytes| bytes != secret));
        }
    }

    #[test]
    fn the_mac_of_a_row_is_what_the_format_page_says() {
        let row_key = blake3::derive_key("keycask 2026-11 MAC of a row", &[3; 32]);
        let mut want = [0; 64];
        let input = b"\x04keys\x08\0\0\0\0\0\0\0\0\x07\x01body";
        blake3::Hasher::new_keyed(&row_key).update(input).finalize_xof().fill(&mut want);
        let (mac, element) = keys().hash("keys", &7u64.to_be_bytes(), b"\x01body");
        assert_eq!(mac, want[..16]);
        assert_eq!(element, want[32..]);
    }
}

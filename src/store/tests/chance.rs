//! A source of randomness that is not one.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

use super::*;
use crate::error::{Error, ErrorKind};
use crate::spec::Rotation;
use crate::storage::tests::dice::Dice;

/// A machine that is started twice from one image draws the same again. Two keys then had one
/// token: the commit was durable and could not be shown, and the file never opened again.
#[test]
fn a_token_that_comes_again_is_refused_and_the_store_goes_on() {
    let scene = Scene::new();
    let Scene { disk, clock, store, acme } = scene;
    drop(store);
    let again = || open(&disk, options(&clock).random(Dice::new(7))).unwrap();
    let spec = Spec::new(acme, "live", "o").scopes(["read"]);
    let first = again().issue(&spec, &by()).unwrap();
    clock.forward(Duration::from_millis(5));
    let store = again();
    assert_eq!(store.issue(&spec, &by()).unwrap_err().kind(), ErrorKind::Random);
    store.issue(&spec, &by()).unwrap();
    drop(store);
    let store = again();
    let rotated = store.rotate(first.key.key_id, &Rotation::new(), &by());
    assert_eq!(rotated.unwrap_err().kind(), ErrorKind::Random);
    drop(store);
    let store = again();
    store.check().unwrap();
    assert_eq!(store.stats().unwrap().keys, 2);
    let token = first.token.expose().as_bytes();
    store.verify(acme, token, &Request::new()).unwrap();
}

/// Draws key ids that differ, and always the same token.
struct OneToken(Dice);

impl TryRng for OneToken {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        match out.len() {
            0..=8 => self.0.try_fill_bytes(out),
            _ => Dice::new(0).try_fill_bytes(out),
        }
    }
}

impl TryCryptoRng for OneToken {}

/// Of keys that are not shown yet, the table knows no token.
#[test]
fn a_token_that_comes_again_in_one_commit_is_refused_and_the_commit_is_not() {
    let mut scene = Scene::new();
    let random = OneToken(Dice::new(1));
    scene.store.close().unwrap();
    scene.store = open(&scene.disk, options(&scene.clock).random(random)).unwrap();
    let spec = Spec::new(scene.acme, "live", "o").scopes(["read"]);
    let many = scene.store.issue_many(&[spec.clone(), spec], &by()).unwrap_err();
    assert_eq!(many.kind(), ErrorKind::Random);
    let set = || {
        let owner = OwnerChange::new();
        scene.store.set_owner(scene.acme, "p", &owner, &by()).map(drop)
    };
    let issue =
        || -> Box<dyn FnOnce() -> Result<()> + Send> { Box::new(|| scene.issue().map(drop)) };
    let results = share(&scene.disk, &scene.store, set, vec![issue(), issue(), issue()]);
    let refused = results.iter().filter_map(|result| result.as_ref().err()).map(Error::kind);
    assert_eq!(refused.collect::<Vec<_>>(), [ErrorKind::Random; 2]);
    let scene = scene.reopen();
    assert_eq!(scene.store.stats().unwrap().keys, 1);
}

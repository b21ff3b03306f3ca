//! A source of randomness that is not one.

use super::*;
use crate::error::ErrorKind;
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

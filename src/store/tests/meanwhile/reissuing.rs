//! What is spent of a key whose operation is asked for again.

use super::*;
use crate::storage::tests::disk::Fault;

const LIMIT: u64 = 1_000;
/// How many are leased at once.
const CHUNK: u64 = LIMIT / 100;

impl Busy {
    /// Has this token verified when a verify or a journey has read the clock so often, once.
    /// Gives whether it was, and then, whether it was granted.
    fn verify_at_read(&self, mut reads: usize, token: String) -> Rc<Cell<Option<bool>>> {
        let granted = Rc::new(Cell::new(None));
        let (store, acme, told) = (Arc::clone(&self.store), self.acme, Rc::clone(&granted));
        MEANWHILE.set(Some(Box::new(move || {
            if reads > 0 {
                reads -= 1;
                return ControlFlow::Continue(());
            }
            told.set(Some(store.verify(acme, token.as_bytes(), &Request::new()).is_ok()));
            ControlFlow::Break(())
        })));
        granted
    }
}

/// The new key was given what there had been when its place was planned, and so were the credits
/// that the lost one still spent before it was refused.
#[test]
fn what_a_lost_key_spends_while_it_is_made_again_is_not_given_to_the_new_one() {
    let (mut spent, mut refused) = (0, 0);
    for reads in 0.. {
        let busy = Busy::new();
        let spec = busy.spec().quota(Quota::new(LIMIT, Refill::Never).unwrap());
        let op = by().operation("op-1");
        let lost = busy.store.issue(&spec, &op).unwrap();
        let token = lost.token.expose().to_owned();
        assert_eq!(busy.verify(&token).unwrap().credits.unwrap().remaining, LIMIT - 1);
        let granted = busy.verify_at_read(reads, token.clone());
        let new = busy.store.issue(&spec, &op).unwrap();
        MEANWHILE.take();
        let left = |key| busy.store.key(key).unwrap().quota.unwrap().remaining;
        let Some(granted) = granted.get() else { break };
        *(if granted { &mut spent } else { &mut refused }) += 1;
        let there = LIMIT - 1 - u64::from(granted);
        assert_eq!((left(new.key.key_id), left(lost.key.key_id)), (there, 0), "read {reads}");
        assert_eq!(busy.verify(&token), Err(Reason::Revoked));
        let credits = busy.verify(new.token.expose()).unwrap().credits.unwrap();
        assert_eq!(credits.remaining, there - 1, "read {reads}");
    }
    assert!(spent > 2 && refused > 0, "{spent} spent, {refused} refused");
}

#[test]
fn a_lost_key_that_could_not_be_made_again_has_its_credits_as_before() {
    let busy = Busy::new();
    let spec = busy.spec().quota(Quota::new(LIMIT, Refill::Never).unwrap());
    let op = by().operation("op-1");
    let lost = busy.store.issue(&spec, &op).unwrap();
    let left = || busy.verify(lost.token.expose()).unwrap().credits.unwrap().remaining;
    assert_eq!(left(), LIMIT - 1);
    let errno = rustix::io::Errno::IO;
    let fault = Fault { after: 0, errno, for_ever: false, reads: false, half: false };
    busy.disk.fail(Some(fault));
    let error = busy.store.issue(&spec, &op).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    busy.disk.fail(None);
    // What was leased of them: the disk is not trusted any more.
    for spent in 2..=CHUNK {
        assert_eq!(left(), LIMIT - spent);
    }
}

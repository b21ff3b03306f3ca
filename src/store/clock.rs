//! Set the durable time mark back.

use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::error::Result;
use crate::time::Timestamp;

impl Store {
    /// Makes the clock's reading the present, though a commit has recorded a later one.
    ///
    /// For the operator of a machine whose clock was wrong and has been set right: until then
    /// the store goes by the latest present that it recorded, so that no expired key lives
    /// again. A key that was refused as expired meanwhile stays refused until the store is
    /// reopened.
    ///
    /// # Errors
    ///
    /// Those of a commit.
    pub fn reset_clock(&self, by: &Actor) -> Result<Timestamp> {
        by.check()?;
        self.commit(|_, _, now| {
            let reading = self.mark.reading();
            let mut entry = trail::entry(Event::ClockReset, by, reading);
            entry.before.insert("present".to_owned(), now.to_string().into());
            entry.after.insert("present".to_owned(), reading.to_string().into());
            Ok(Draft::new(reading).entry(entry).mark(reading))
        })
    }
}

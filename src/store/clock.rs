//! Set the durable time mark back.

use serde_json::json;

use super::operation::Asked;
use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::error::Result;
use crate::record::Done;
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
        let asked = Asked::new(by, "reset_clock", || json!({}))?;
        self.commit(|view, _, now| {
            if let Some(done) = asked.done(view)? {
                let Done::Present(present) = done.done else { return Err(done.unlike()) };
                return Ok(Draft::new(present));
            }
            let reading = self.mark.reading();
            let mut entry = trail::entry(Event::ClockReset, by, reading);
            entry.before.insert("present".to_owned(), now.to_string().into());
            entry.after.insert("present".to_owned(), reading.to_string().into());
            let draft = Draft::new(reading).entry(entry).mark(reading);
            Ok(asked.note(draft, reading, Done::Present(reading)))
        })
    }
}

//! What whoever holds a token can do about its key.

use serde_json::json;

use super::Store;
use super::deny::{Denial, no_better_than};
use super::find::Text;
use super::operation::Asked;
use crate::actor::Actor;
use crate::entry::State;
use crate::error::Result;
use crate::ids::RealmRef;
use crate::info::KeyInfo;
use crate::verdict::VerifyError;

/// Who asks, as the audit trail says: its entry names the key.
const HOLDER: &str = "holder";

impl Store {
    /// Revokes the key whose token this is, as its holder asks, who found it in a log perhaps,
    /// and gives the reason. Nobody has to look the key up: it is refused before anything is read.
    ///
    /// It does not matter whether the key would be granted: a suspended, expired or not yet
    /// valid one is revoked, too, and a revoked one stays as it is. The audit trail names as actor
    /// `holder`.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Denied`] as by [`verify`](Self::verify) if the token is nobody's:
    /// `Malformed` or `Unknown`. [`VerifyError::Failed`] if this store has no such realm, the
    /// reason is out of its limits, or the commit fails, as for [`revoke`](Self::revoke).
    pub fn revoke_presented(
        &self,
        realm: RealmRef,
        token: &[u8],
        reason: &str,
    ) -> Result<KeyInfo, VerifyError> {
        self.storage.at_home()?;
        let mut revoked: Option<KeyInfo> = None;
        loop {
            let bound = self.realms.load().get(realm)?;
            // Another key of the same token may have come to be the one that has it meanwhile.
            let (key, address) = match self.held(Text { bound, ways: self.routes.load(), token }) {
                Ok(held) => held,
                Err(denial) => return revoked.ok_or(denial.into()),
            };
            if let Some(revoked) = revoked.take_if(|revoked| revoked.key_id == key) {
                return Ok(revoked);
            }
            let by = Actor::new(HOLDER).because(reason);
            let asked = Asked::new(&by, "revoke", || json!({ "key": key.to_string() }))?;
            self.storage.writable()?;
            self.storage.confirmed()?;
            let mut early = Denial::default();
            self.deny_key(&mut early, key, &address, no_better_than(State::Revoked))?;
            revoked = Some(self.revoke_denied(early, key, &asked)?);
        }
    }
}

//! What the index asks of who keeps the realms.

use crate::entry::Idle;
use crate::ids::{KindRef, RealmRef};
use crate::record::KeyRecord;
use crate::scope::ScopeSet;

/// What the index cannot know: how the realms of the store read a record.
pub(crate) trait Bind {
    /// `granted` and what it implies in the realm of `kind`.
    fn expand(&self, kind: KindRef, granted: ScopeSet) -> ScopeSet;

    /// `direct` and what it implies in `realm`.
    fn expand_owner(&self, realm: RealmRef, direct: ScopeSet) -> ScopeSet;

    /// The number in `realm` of the plan of this name, or of the default one.
    fn plan_number(&self, realm: RealmRef, plan: Option<&str>) -> Option<u8>;

    /// For how long the key may stay unused, if not for ever.
    fn idle(&self, record: &KeyRecord) -> Option<Idle>;

    /// Whether decisions about the key need a [side](crate::entry::Side) even if it has no
    /// conditions.
    fn needs_side(&self, record: &KeyRecord) -> bool;

    /// Whether keys of `kind` may be charged to the meters of their lineages.
    fn meters_lineages(&self, kind: KindRef) -> bool;

    /// Whether keys of `realm` may be charged to the meters of their owners.
    fn meters_owners(&self, realm: RealmRef) -> bool;
}

//! An entry as an event of OCSF, the Open Cybersecurity Schema Framework.
//!
//! Every entry is an Entity Management event (class 3004 of category 3, Identity & Access
//! Management): what is managed is a key, an owner, a realm or the store. The names and numbers
//! are those of schema version 1.5.0 (<https://schema.ocsf.io/1.5.0/classes/entity_management>).

use serde_json::{Map, Value, json};

use super::{AuditEntry, Event};

const VERSION: &str = "1.5.0";
const CATEGORY: u32 = 3;
const CLASS: u32 = 3004;
/// The engine tells of what was done, whose weight it does not know: Informational.
const INFORMATIONAL: u32 = 1;
const SUCCESS: u32 = 1;

/// What an entry did, as the class has it: `activity_id` and `activity_name`.
type Activity = (u32, &'static str);

const CREATE: Activity = (1, "Create");
const READ: Activity = (2, "Read");
const UPDATE: Activity = (3, "Update");
const DELETE: Activity = (4, "Delete");
const SUSPEND: Activity = (12, "Suspend");
const RESUME: Activity = (13, "Resume");

impl AuditEntry {
    /// The entry as an event of OCSF 1.5.0 on one line, without a line end: an Entity Management
    /// event (3004).
    ///
    /// `store_id` names the store, as [`Store::id`](crate::Store::id) gives it. What OCSF has no
    /// field for is in `unmapped`.
    #[must_use]
    pub fn to_ocsf(&self, store_id: [u8; 16]) -> String {
        let (activity_id, activity) = activity(self);
        let store = format!("{:032x}", u128::from_be_bytes(store_id));
        let mut event = object(json!({
            "activity_id": activity_id,
            "activity_name": activity,
            "category_uid": CATEGORY,
            "category_name": "Identity & Access Management",
            "class_uid": CLASS,
            "class_name": "Entity Management",
            "type_uid": CLASS.saturating_mul(100).saturating_add(activity_id),
            "type_name": format!("Entity Management: {activity}"),
            "severity_id": INFORMATIONAL,
            "severity": "Informational",
            "status_id": SUCCESS,
            "status": "Success",
            "time": self.at.as_ms(),
            "message": self.event.name(),
            "actor": { "user": { "name": self.actor } },
            "entity": self.entity(&store),
            "metadata": {
                "version": VERSION,
                "product": { "name": "keycask", "vendor_name": "keycask", "uid": store },
                "uid": format!("{store}:{}", self.number),
                "sequence": self.number,
                "event_code": self.event.name(),
                "log_name": "audit",
            },
            "unmapped": self.unmapped(),
        }));
        if !self.reason.is_empty() {
            event.insert("comment".to_owned(), self.reason.as_str().into());
        }
        if !self.operation.is_empty()
            && let Some(Value::Object(metadata)) = event.get_mut("metadata")
        {
            metadata.insert("correlation_uid".to_owned(), self.operation.as_str().into());
        }
        Value::Object(event).to_string()
    }

    /// What the entry is about, as a `managed_entity`.
    fn entity(&self, store: &str) -> Value {
        let data = json!({ "before": self.before, "after": self.after });
        match (&self.key, &self.owner, &self.realm) {
            (Some(key), _, _) => json!({ "type": "key", "uid": key.to_string(), "data": data }),
            (_, Some(owner), _) => json!({ "type": "owner", "uid": owner, "data": data }),
            (_, _, Some(realm)) => {
                json!({ "type": "realm", "uid": realm, "name": realm, "data": data })
            }
            _ => json!({ "type": "store", "uid": store, "data": data }),
        }
    }

    fn unmapped(&self) -> Value {
        let mut rest = object(json!({ "seq": self.seq }));
        if let Some(realm) = &self.realm {
            rest.insert("realm".to_owned(), realm.as_str().into());
        }
        if let (Some(_), Some(owner)) = (&self.key, &self.owner) {
            rest.insert("owner".to_owned(), owner.as_str().into());
        }
        rest.into()
    }
}

fn activity(entry: &AuditEntry) -> Activity {
    let made = entry.before.is_empty();
    match entry.event {
        Event::KeyIssued | Event::KeyImported | Event::StoreRestored => CREATE,
        Event::OwnerSet if made => CREATE,
        Event::RealmApplied if entry.after.get("created") == Some(&Value::Bool(true)) => CREATE,
        Event::KeyRevealed => READ,
        // Of what is swept or trimmed the entity stays: the realm, or the store.
        Event::KeyRevoked => DELETE,
        Event::KeySuspended => SUSPEND,
        Event::KeyResumed => RESUME,
        _ => UPDATE,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    /// What the schema demands of the class, and of the objects in it, at version 1.5.0.
    const REQUIRED: [&str; 8] = [
        "activity_id",
        "category_uid",
        "class_uid",
        "severity_id",
        "time",
        "type_uid",
        "metadata",
        "entity",
    ];

    /// All other members of the class that are used.
    const ALLOWED: [&str; 11] = [
        "activity_name",
        "category_name",
        "class_name",
        "type_name",
        "severity",
        "status",
        "status_id",
        "message",
        "actor",
        "comment",
        "unmapped",
    ];

    fn told(event: Event, change: impl FnOnce(&mut AuditEntry)) -> Map<String, Value> {
        let mut entry = AuditEntry::new(event, Timestamp::from_ms(1_700_000_000_123), "alice");
        entry.number = 9;
        change(&mut entry);
        object(serde_json::from_str(&entry.to_ocsf([0xAB; 16])).unwrap())
    }

    #[test]
    fn every_event_has_the_required_fields_and_only_fields_of_the_class() {
        for &event in Event::ALL {
            let told = told(event, |entry| {
                entry.reason = "left".to_owned();
                entry.operation = "order-1".to_owned();
            });
            for name in REQUIRED {
                assert!(told.contains_key(name), "{event:?} lacks {name}");
            }
            for name in told.keys() {
                let known = REQUIRED.contains(&&**name) || ALLOWED.contains(&&**name);
                assert!(known, "{event:?} has {name}");
            }
            let activity = told["activity_id"].as_u64().unwrap();
            assert!((1..=13).contains(&activity) || activity == 99);
            assert_eq!(told["type_uid"], json!(300_400 + activity));
            assert_eq!(told["metadata"]["version"], "1.5.0");
            assert_eq!(told["metadata"]["product"]["vendor_name"], "keycask");
            assert_eq!(told["metadata"]["correlation_uid"], "order-1");
            assert_eq!(told["comment"], "left");
            assert_eq!(told["time"], json!(1_700_000_000_123_i64));
            assert!(told["entity"]["uid"].is_string() && told["entity"]["type"].is_string());
        }
    }

    #[test]
    fn what_stays_is_not_deleted_and_a_key_that_comes_is_created() {
        let activity = |event| told(event, |_| ())["activity_name"].clone();
        assert_eq!(activity(Event::KeysSwept), "Update");
        assert_eq!(activity(Event::AuditTrimmed), "Update");
        assert_eq!(activity(Event::KeyRevoked), "Delete");
        assert_eq!(activity(Event::KeyImported), "Create");
    }

    #[test]
    fn the_entity_is_what_was_changed() {
        let key = "key_0000000000001".parse().unwrap();
        let told_key = told(Event::KeySuspended, |entry| {
            (entry.key, entry.owner) = (Some(key), Some("acme".to_owned()));
        });
        assert_eq!(told_key["entity"]["type"], "key");
        assert_eq!(told_key["entity"]["uid"], "key_0000000000001");
        assert_eq!(told_key["unmapped"]["owner"], "acme");
        assert_eq!(told_key["activity_name"], "Suspend");
        let owner = told(Event::OwnerSet, |entry| entry.owner = Some("acme".to_owned()));
        assert_eq!(owner["entity"]["type"], "owner");
        assert_eq!(owner["activity_name"], "Create");
        let store = told(Event::ClockReset, |_| ());
        assert_eq!(store["entity"]["uid"], "ab".repeat(16));
    }
}

//! The fields of a profile by their paths, for what tells people of a change.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Every field of the profile `toml` with its value. A field's path is its name after those of the
/// tables that it is in, with dots between; a table of a list is called by its `name`, if no other
/// of the list has the same.
///
/// What is not TOML has no field.
pub(crate) fn fields(toml: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Ok(Value::Object(root)) = toml::from_str(toml) {
        flatten("", root, &mut fields);
    }
    fields
}

/// The fields of `one` that `other` has not, or has with another value.
pub(crate) fn differing(
    one: &Map<String, Value>,
    other: &Map<String, Value>,
) -> Map<String, Value> {
    let differs = |(path, value): &(&String, &Value)| other.get(*path) != Some(*value);
    one.iter().filter(differs).map(|(path, value)| (path.clone(), value.clone())).collect()
}

fn flatten(path: &str, table: Map<String, Value>, fields: &mut Map<String, Value>) {
    for (name, value) in table {
        let path = if path.is_empty() { name } else { format!("{path}.{name}") };
        match value {
            Value::Object(table) => flatten(&path, table, fields),
            Value::Array(items) if are_named(&items) => {
                for item in items {
                    let path = format!("{path}.{}", named(&item).unwrap_or_default());
                    if let Value::Object(table) = item {
                        flatten(&path, table, fields);
                    }
                }
            }
            value => _ = fields.insert(path, value),
        }
    }
}

/// Whether each item is a table with a name of its own.
fn are_named(items: &[Value]) -> bool {
    let mut names = BTreeSet::new();
    items.iter().all(|item| named(item).is_some_and(|name| names.insert(name)))
}

/// The name of a table of a list of such.
fn named(item: &Value) -> Option<&str> {
    item.as_object()?.get("name")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_changed_value_is_told_by_its_path_and_nothing_else_is() {
        let before = "realm = \"a\"\n[[plan]]\nname = \"pro\"\nactive = 10\n\
                      rates = [\"1 per 1m\"]\n[policy]\nusage = true\n";
        let after = before.replace("10", "20").replace("usage = true", "retain = \"1h\"");
        let (before, after) = (fields(before), fields(&after));
        assert_eq!(before["plan.pro.rates"], json!(["1 per 1m"]));
        let lost = json!({ "plan.pro.active": 10, "policy.usage": true });
        assert_eq!(Value::Object(differing(&before, &after)), lost);
        let gained = json!({ "plan.pro.active": 20, "policy.retain": "1h" });
        assert_eq!(Value::Object(differing(&after, &before)), gained);
        assert!(fields("not = toml = at all").is_empty());
    }

    /// A header may be named once for each scheme.
    #[test]
    fn of_tables_with_one_name_each_is_told() {
        let header = |scheme| format!("[[headers]]\nname = \"A\"\nscheme = \"{scheme}\"\n");
        let one = fields(&format!("{}{}", header("Token"), header("Bearer")));
        assert_eq!(
            Value::from(differing(&one, &fields(&header("Bearer"))))["headers"][0]["scheme"],
            "Token"
        );
        assert_eq!(fields(&header("Bearer"))["headers.A.scheme"], "Bearer");
    }
}

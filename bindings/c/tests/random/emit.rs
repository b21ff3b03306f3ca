//! C that calls every function of the header with what chance chooses.
//!
//! For each struct there is a function that fills one, for each function one that makes what it
//! takes, calls it and judges what came of it. What they choose by is in `random.h`, by the names
//! and types of what is taken: all that a call may read or write is an allocation of its own, of
//! exactly the length that the call is told.

use std::fmt::Write;

use crate::header::{Field, Function, Header, Struct};

/// What denies, and what it then writes.
const DENIES: [(&str, &[&str]); 4] = [
    ("keycask_present", &["answer", "text", "text_len", "denial"]),
    ("keycask_revoke_presented", &[]),
    ("keycask_verify", &["denial"]),
    ("keycask_verify_many", &["statuses", "grants", "denials"]),
];

/// What makes or walks through files, or reads what the system knows of the process.
const SLOW: [&str; 14] = [
    "keycask_audit_check",
    "keycask_backup",
    "keycask_check",
    "keycask_compact",
    "keycask_create",
    "keycask_flush",
    "keycask_leaked",
    "keycask_leaked_alerts",
    "keycask_open",
    "keycask_realm_compare",
    "keycask_rehash",
    "keycask_restore",
    "keycask_set_clock",
    "keycask_stats",
];

/// What changes a store though it is not said by whom.
const CHANGES: [&str; 2] = ["keycask_close", "keycask_revoke_presented"];

/// Fields without which nothing is done.
const NEEDED: [&str; 4] = ["kind", "method", "owner", "realm"];

/// What walks through rows, of which there are more with each change.
const WALKS: [&str; 8] = [
    "keycask_audit",
    "keycask_audit_export",
    "keycask_changes",
    "keycask_count",
    "keycask_count_by_kind",
    "keycask_dry_run",
    "keycask_list",
    "keycask_pepper",
];

/// What is called once where another function is called so often, so that calls that take no time
/// are not few for those that do: by a thread that began, and by one that is calm.
const SLOW_ONE_IN: [u32; 2] = [500, 10_000];
const CHANGE_ONE_IN: [u32; 2] = [20, 500];
const WALK_ONE_IN: [u32; 2] = [20, 20];

/// What is filled by hand, in `random.h`.
const BY_HAND: [&str; 4] =
    ["keycask_text", "keycask_options", "keycask_cursor", "keycask_feed_cursor"];

/// Results that later calls are given.
const CURSORS: [&str; 2] = ["keycask_cursor", "keycask_feed_cursor"];

/// The whole of the calls, as C.
pub fn emit(header: &Header) -> String {
    let mut out = String::from("// Made of include/keycask.h.\n#include \"random.h\"\n");
    for Struct { name, .. } in &header.structs {
        if !BY_HAND.contains(&name.as_str()) {
            writeln!(out, "static {name} fill_{name}(void);").unwrap();
        }
        writeln!(out, "UNUSED static {name} *give_{name}(size_t count);").unwrap();
    }
    for of in header.structs.iter().filter(|of| !BY_HAND.contains(&of.name.as_str())) {
        fill(&mut out, of, header);
    }
    for of in &header.structs {
        give(&mut out, of);
    }
    for of in &header.functions {
        call(&mut out, of, header);
    }
    out.push_str("const random_call random_calls[] = {\n");
    for of in &header.functions {
        let name = &of.name;
        let is_change =
            CHANGES.contains(&name.as_str()) || of.takes.iter().any(|field| field.name == "by");
        let [at_first, calm] = match name.as_str() {
            name if SLOW.contains(&name) => SLOW_ONE_IN,
            name if WALKS.contains(&name) => WALK_ONE_IN,
            _ if is_change => CHANGE_ONE_IN,
            _ => [1, 1],
        };
        writeln!(out, "    {{\"{name}\", call_{name}, {{{at_first}, {calm}}}}},").unwrap();
    }
    out.push_str(
        "};\nconst size_t random_calls_len = sizeof random_calls / sizeof *random_calls;\n",
    );
    out
}

/// Whether `next` says how many there are of a field.
fn counts(field: &Field, next: Option<&Field>) -> bool {
    let is_count = |next: &&Field| {
        let name = &next.name;
        next.of == "size_t"
            && (*name == format!("{}_len", field.name)
                || *name == format!("{}_cap", field.name)
                || name == "count" && field.target().is_some_and(|(_, is_const)| is_const))
    };
    next.filter(is_count).is_some()
}

/// Whether a field says how many there are of the one before it.
fn is_count(fields: &[Field], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| fields.get(before));
    before.is_some_and(|before| counts(before, fields.get(at)))
}

/// An expression for one value of a type that is no pointer.
fn value(field: &Field, header: &Header) -> String {
    match field.of.as_str() {
        "keycask_progress" | "keycask_refused" | "keycask_read" | "keycask_found" => {
            format!("some_{}()", &field.of["keycask_".len()..])
        }
        "keycask_text" => format!("some_keycask_text(\"{}\")", field.name),
        of if header.structs.iter().any(|known| known.name == of) => format!("fill_{of}()"),
        of => format!("({of}){}()", number(&field.name)),
    }
}

/// What chooses a number for what has this name.
fn number(name: &str) -> &'static str {
    match name {
        "zero" | "zero_too" => "some_zero",
        "key" | "lineage" | "keys" | "predecessor" | "successor" => "some_key",
        "realm" => "some_realm",
        "kinds" => "some_kinds",
        "cost" => "some_cost",
        "limit" => "some_limit",
        "low" => "some_scopes",
        "high" => "some_zero",
        "address_len" => "some_address_len",
        "flags" | "state" | "order" | "what" | "how" | "format" => "some_bits",
        "now_ms" => "some_clock",
        _ if name.ends_with("_ms") => "some_time",
        _ => "some_number",
    }
}

fn fill(out: &mut String, of: &Struct, header: &Header) {
    let name = &of.name;
    writeln!(out, "static {name} fill_{name}(void) {{").unwrap();
    if of.is_sized() {
        let begin = format!("{}_INIT", name.to_uppercase());
        writeln!(out, "    static const {name} begin = {begin};\n    {name} it = begin;").unwrap();
    } else {
        writeln!(out, "    {name} it;\n    memset(&it, 0, sizeof it);").unwrap();
    }
    for (at, field) in of.fields.iter().enumerate() {
        let (to, next) = (&field.name, of.fields.get(at + 1));
        let is_needed = !of.is_sized() || NEEDED.contains(&to.as_str());
        if to == "struct_size" {
        } else if !field.count.is_empty() {
            writeln!(out, "    if (some_field()) some_bytes(&it.{to}, sizeof it.{to});").unwrap();
        } else if let Some((target, _)) = field.target() {
            if counts(field, next) {
                let len = &next.unwrap().name;
                writeln!(out, "    it.{len} = some_count();").unwrap();
                writeln!(out, "    it.{to} = give_{target}(it.{len});").unwrap();
            } else {
                writeln!(out, "    it.{to} = give_{target}(1);").unwrap();
            }
        } else if !is_count(&of.fields, at) {
            let when = if is_needed { "!odd(4)" } else { "some_field()" };
            let mut field = field.clone();
            if name == "keycask_header" && to == "name" {
                // Other names are not those of header fields.
                field.name = "header".to_owned();
            }
            writeln!(out, "    if ({when}) it.{to} = {};", value(&field, header)).unwrap();
        }
    }
    out.push_str("    return it;\n}\n");
}

/// An array of a struct, each in memory of the size that the first says.
fn give(out: &mut String, of: &Struct) {
    let name = &of.name;
    writeln!(out, "static {name} *give_{name}(size_t count) {{").unwrap();
    out.push_str("    size_t at;\n    char *made;\n    if (count == 0 || odd(24)) return NULL;\n");
    if of.is_sized() {
        out.push_str("    if (odd(12)) {\n");
        writeln!(out, "        {name} it = fill_{name}();").unwrap();
        out.push_str("        return some_size(&it, sizeof it, count);\n    }\n");
    }
    writeln!(out, "    made = take(count * sizeof({name}));").unwrap();
    writeln!(out, "    for (at = 0; at < count; at++) {{\n        {name} it = fill_{name}();")
        .unwrap();
    out.push_str("        memcpy(made + at * sizeof it, &it, sizeof it);\n    }\n");
    out.push_str("    return (void *)made;\n}\n");
}

fn call(out: &mut String, of: &Function, header: &Header) {
    let name = &of.name;
    writeln!(out, "static void call_{name}(void) {{").unwrap();
    let denies = DENIES.iter().find(|(denying, _)| denying == name);
    let mut before = String::new();
    let mut after = String::new();
    for (at, field) in of.takes.iter().enumerate() {
        let (to, next) = (&field.name, of.takes.get(at + 1));
        let is_counted = counts(field, next);
        let len = next.map(|next| next.name.as_str()).unwrap_or_default();
        let known = is_count(&of.takes, at);
        match field.target() {
            None if known => {}
            None => writeln!(before, "    {} {to} = {};", field.of, value(field, header)).unwrap(),
            Some(("keycask_store", true)) => {
                writeln!(before, "    const keycask_store *{to} = some_store();").unwrap();
            }
            Some(("keycask_store", false)) => {
                writeln!(before, "    keycask_store *{to} = some_store_to_close();").unwrap();
                writeln!(after, "    after_close({to}, status);").unwrap();
            }
            Some(("keycask_store *", _)) => {
                writeln!(before, "    keycask_store **{to} = some_place();").unwrap();
                writeln!(after, "    if (status == KEYCASK_OK) keep_store(*{to});").unwrap();
            }
            Some(("void", _)) => writeln!(before, "    void *{to} = NULL;").unwrap(),
            Some(("char", true)) => {
                writeln!(before, "    size_t {len};").unwrap();
                writeln!(before, "    const char *{to} = some_text(\"{to}\", &{len});").unwrap();
            }
            Some(("uint8_t", true)) => {
                writeln!(
                    before,
                    "    size_t {len};\n    const uint8_t *{to} = some_secret(&{len});"
                )
                .unwrap();
            }
            Some(("char", false)) => {
                writeln!(before, "    size_t {len};\n    char *{to} = some_room(&{len});").unwrap();
                let used = of.takes.iter().find(|field| field.name == format!("{to}_len"));
                if used.is_some() && to == "token" {
                    writeln!(after, "    if (status == KEYCASK_OK) keep_token({to}, {to}_len);")
                        .unwrap();
                }
            }
            Some((target, is_const)) => {
                // Results beside an array that is read have as many places.
                let is_number = |field: &Field| field.name == "count" && field.of == "size_t";
                let is_beside = !is_const && to != "error" && of.takes.iter().any(is_number);
                let count = if is_counted {
                    let some = if is_const { "some_count" } else { "some_places_len" };
                    writeln!(before, "    size_t {len} = {some}();").unwrap();
                    len
                } else if is_beside {
                    "count"
                } else {
                    "1"
                };
                let known = header.structs.iter().find(|known| known.name == target);
                let made = if let Some(known) = known.filter(|_| !is_const) {
                    let is_sized = u8::from(known.is_sized());
                    format!("some_places(sizeof({target}), {is_sized}, {count})")
                } else if known.is_some() {
                    format!("give_{target}({count})")
                } else {
                    format!("some_numbers(sizeof({target}), {count}, {})", number(to))
                };
                writeln!(before, "    {} {to} = {made};", field.of).unwrap();
                if CURSORS.contains(&target) && !is_const {
                    let keep = target.replace("keycask", "keep");
                    writeln!(after, "    if (status == KEYCASK_OK) {keep}({to});").unwrap();
                }
                if ["key", "successor"].contains(&to.as_str()) && target == "uint64_t" {
                    writeln!(after, "    if (status == KEYCASK_OK) keep_key({to});").unwrap();
                }
            }
        }
        match field.target() {
            Some((_, true)) | None | Some(("keycask_store" | "void", _)) => {}
            Some((target, _)) => {
                let is_told = denies.is_some_and(|(_, told)| told.contains(&to.as_str()));
                let when = match target {
                    _ if to == "error" => "ON_FAILURE",
                    "size_t" if is_told => "ON_DENIAL | ON_SPACE",
                    "size_t" => "ON_SPACE",
                    _ if is_told => "ON_DENIAL",
                    _ => "0",
                };
                writeln!(before, "    watch({to}, {when});").unwrap();
            }
        }
    }
    match denies {
        Some((_, ["statuses", others @ ..])) => {
            let results = others.join(", ");
            writeln!(after, "    after_decisions(status, count, statuses, {results});").unwrap();
        }
        Some((_, told)) if told.contains(&"denial") => {
            writeln!(after, "    after_decision(status, denial);").unwrap();
        }
        _ => {}
    }
    let takes: Vec<&str> = of.takes.iter().map(|field| field.name.as_str()).collect();
    out.push_str(&before);
    out.push_str("    keycask_status status;\n    before_call();\n");
    writeln!(out, "    status = {name}({});", takes.join(", ")).unwrap();
    let denies = u8::from(denies.is_some());
    writeln!(out, "    after_call(\"{name}\", {denies}, status);").unwrap();
    out.push_str(&after);
    out.push_str("}\n");
}

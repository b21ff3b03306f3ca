#include "row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static field *next(row *to, const char *name) {
    if (to->count == (int)(sizeof to->fields / sizeof *to->fields)) fail("too many fields");
    to->fields[to->count].name = name;
    to->fields[to->count].text = NULL;
    return &to->fields[to->count++];
}

void row_text(row *to, const char *name, const char *text) { next(to, name)->text = text; }

void row_copy(row *to, const char *name, keycask_text text) {
    next(to, name)->text = keep_text(text.data, text.len);
}

void row_optional(row *to, const char *name, keycask_text text) {
    if (text.len) row_copy(to, name, text);
    else row_text(to, name, "none");
}

void row_list(row *to, const char *name, keycask_text spaced) {
    char *made = keep_text(spaced.data, spaced.len), *at;
    for (at = made; *at; at++) {
        if (*at == ' ') *at = ',';
    }
    next(to, name)->text = made;
}

void row_flag(row *to, const char *name, int flag) { row_text(to, name, flag ? "true" : "false"); }

void row_number(row *to, const char *name, uint64_t number) {
    char *made = keep(24);
    sprintf(made, "%" PRIu64, number);
    next(to, name)->text = made;
}

void row_key_id(row *to, const char *name, uint64_t key) {
    char *made = keep(KEYCASK_KEY_ID_LEN + 1);
    if (!key) {
        row_text(to, name, "none");
        return;
    }
    if (keycask_key_id_text(key, made, KEYCASK_KEY_ID_LEN, NULL)) fail("no text of a key id");
    next(to, name)->text = made;
}

void row_instant(row *to, const char *name, int64_t at_ms) { next(to, name)->at_ms = at_ms; }

void row_of_key(row *to, const keycask_key_info *key) {
    static const char *const states[] = {"", "active", "suspended", "revoked"};
    static const char *const causes[] = {"none", "asked", "rotated"};
    char *hint = keep(key->prefix.len + key->last_four.len + 4);
    sprintf(hint, "%.*s...%.*s", (int)key->prefix.len, key->prefix.data, (int)key->last_four.len,
            key->last_four.data);
    to->key = key->key;
    row_copy(to, "name", key->name);
    row_copy(to, "metadata", key->metadata);
    row_copy(to, "kind", key->kind);
    row_copy(to, "environment", key->environment);
    row_copy(to, "owner", key->owner);
    row_list(to, "scopes", key->scope_names);
    row_text(to, "state", states[key->state]);
    row_text(to, "cause", causes[key->cause]);
    row_flag(to, "expired", (key->flags & KEYCASK_EXPIRED) != 0);
    row_copy(to, "reason", key->reason);
    row_instant(to, "issued", key->issued_ms);
    row_instant(to, "start", key->start_ms);
    row_instant(to, "end", key->end_ms);
    row_instant(to, "changed", key->changed_ms);
    row_text(to, "hint", hint);
    row_copy(to, "prefix", key->prefix);
    row_copy(to, "last_four", key->last_four);
    row_number(to, "generation", key->generation);
    row_key_id(to, "predecessor", key->predecessor);
    row_key_id(to, "successor", key->successor);
    row_flag(to, "in_grace", (key->flags & KEYCASK_IN_GRACE) != 0);
    row_instant(to, "last_used", key->last_used_ms);
    row_instant(to, "rotation_due", key->rotation_due_ms);
}

void row_compare(const row *from, const words *wanted, int first, int64_t now) {
    int i, j;
    for (i = first; i < wanted->count; i++) {
        const field *found = NULL;
        const char *want = replaced(wanted->at[i].value, 0);
        if (!wanted->at[i].name) fail("want FIELD=VALUE, not %s", want);
        for (j = 0; j < from->count && !found; j++) {
            if (!strcmp(from->fields[j].name, wanted->at[i].name)) found = &from->fields[j];
        }
        if (!found) fail("the result has no field %s", wanted->at[i].name);
        if (found->text) {
            if (strcmp(found->text, want) != 0) {
                fail("wanted %s=%s, got %s", found->name, want, found->text);
            }
        } else if (found->at_ms != instant(want, now)) {
            fail("wanted %s=%s, which is %" PRId64 ", got %" PRId64, found->name, want,
                 instant(want, now), found->at_ms);
        }
    }
}

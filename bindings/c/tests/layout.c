// Sizes and offsets that no later version changes, on machines with pointers of 64 bits.
#include "check.h"

#define SIZE(type, size) CHECK(sizeof(type) == (size))
#define AT(type, field, offset) CHECK(offsetof(type, field) == (offset))

int main(void) {
    CHECK(keycask_abi() == KEYCASK_ABI);
    CHECK(sizeof(keycask_status) == 4);
    CHECK(KEYCASK_OK == 0);
    CHECK(KEYCASK_NEVER == INT64_MAX);
    CHECK(KEYCASK_ANY_KIND == UINT64_MAX);
    if (sizeof(void *) != 8) return 0;
    SIZE(keycask_text, 16);
    SIZE(keycask_scopes, 16);
    SIZE(keycask_rate, 24);
    SIZE(keycask_header, 32);
    SIZE(keycask_error, 520);
    AT(keycask_error, message, 8);
    SIZE(keycask_import_secret, 32);
    SIZE(keycask_options, 128);
    AT(keycask_options, pepper, 8);
    AT(keycask_options, import_secrets, 56);
    AT(keycask_options, clock_ms, 72);
    AT(keycask_options, min_seq, 96);
    AT(keycask_options, progress, 112);
    SIZE(keycask_actor, 56);
    SIZE(keycask_scope_info, 104);
    AT(keycask_scope_info, name, 40);
    SIZE(keycask_owner_change, 56);
    AT(keycask_owner_change, direct, 24);
    SIZE(keycask_owner_info, 80);
    AT(keycask_owner_info, realm, 12);
    AT(keycask_owner_info, id, 48);
    SIZE(keycask_spec, 112);
    AT(keycask_spec, realm, 4);
    AT(keycask_spec, kind, 8);
    AT(keycask_spec, scopes, 40);
    AT(keycask_spec, start_ms, 88);
    SIZE(keycask_request, 40);
    AT(keycask_request, scopes, 8);
    AT(keycask_request, kinds, 24);
    AT(keycask_request, now_ms, 32);
    SIZE(keycask_grant, 72);
    AT(keycask_grant, key, 8);
    AT(keycask_grant, owner, 16);
    AT(keycask_grant, scopes, 24);
    AT(keycask_grant, end_ms, 40);
    AT(keycask_grant, rate, 48);
    SIZE(keycask_denial, 80);
    AT(keycask_denial, key, 8);
    AT(keycask_denial, retry_ms, 48);
    SIZE(keycask_http, 56);
    AT(keycask_http, headers, 40);
    SIZE(keycask_answer, 40);
    SIZE(keycask_description, 120);
    SIZE(keycask_explanation, 64);
    SIZE(keycask_finding, 40);
    SIZE(keycask_key_info, 264);
    AT(keycask_key_info, realm, 24);
    AT(keycask_key_info, lineage, 32);
    AT(keycask_key_info, scopes, 56);
    AT(keycask_key_info, issued_ms, 72);
    AT(keycask_key_info, owner, 120);
    SIZE(keycask_filter, 40);
    AT(keycask_filter, owner, 16);
    AT(keycask_filter, after, 32);
    SIZE(keycask_key_change, 64);
    AT(keycask_key_change, end_ms, 40);
    SIZE(keycask_rotation, 32);
    SIZE(keycask_operation_info, 32);
    SIZE(keycask_pepper_info, 24);
    SIZE(keycask_anchor_text, 96);
    SIZE(keycask_backup_info, 120);
    AT(keycask_backup_info, anchor, 24);
    SIZE(keycask_restoring, 40);
    SIZE(keycask_restored, 184);
    AT(keycask_restored, missing, 24);
    AT(keycask_restored, backup, 88);
    SIZE(keycask_audit_entry, 152);
    AT(keycask_audit_entry, event, 40);
    SIZE(keycask_changed, 24);
    SIZE(keycask_stats_info, 64);
    AT(keycask_stats_info, seq, 24);
    return 0;
}

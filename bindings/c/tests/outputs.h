// Everything that a call on a store, its keys or its trail can write to, as refused.h wants it.
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include "refused.h"

static struct {
    keycask_store *store;
    keycask_grant grant;
    keycask_grant grants[2];
    keycask_denial denial;
    keycask_denial denials[2];
    keycask_answer answer;
    keycask_description description;
    keycask_explanation explanation;
    keycask_check_info checks[KEYCASK_CHECKS_MAX];
    keycask_finding findings[2];
    keycask_decision decisions[2];
    keycask_counts counts;
    keycask_key_info key_info;
    keycask_key_info keys[2];
    keycask_cursor cursor;
    keycask_kind_count kind_counts[2];
    keycask_owner_info owner;
    keycask_owner_info owners[2];
    keycask_scope_info scope;
    keycask_set_info set;
    keycask_kind_info kind;
    keycask_plan_info plan;
    keycask_policy_info policy;
    keycask_audit_entry entries[2];
    keycask_audit_page page;
    keycask_audit_span span;
    keycask_feed_cursor reached;
    keycask_changed changes[4];
    keycask_stats_info stats;
    keycask_scopes scopes;
    char text[KEYCASK_EXPLANATION_TEXT_MAX];
    size_t len;
    size_t count;
    uint64_t key;
    uint64_t next;
    uint64_t total;
    uint64_t first[2];
    uint64_t kinds;
    int64_t now;
    uint32_t more;
    uint16_t realm;
    int32_t statuses[2];
} out;

static unsigned char as_it_was[sizeof out];

static void sizes(void) {
    out.grant.struct_size = sizeof out.grant;
    out.grants[0].struct_size = sizeof out.grant;
    out.denial.struct_size = sizeof out.denial;
    out.denials[0].struct_size = sizeof out.denial;
    out.answer.struct_size = sizeof out.answer;
    out.description.struct_size = sizeof out.description;
    out.explanation.struct_size = sizeof out.explanation;
    out.checks[0].struct_size = sizeof out.checks[0];
    out.key_info.struct_size = sizeof out.key_info;
    out.keys[0].struct_size = sizeof out.key_info;
    out.cursor.struct_size = sizeof out.cursor;
    out.kind_counts[0].struct_size = sizeof out.kind_counts[0];
    out.owner.struct_size = sizeof out.owner;
    out.owners[0].struct_size = sizeof out.owner;
    out.scope.struct_size = sizeof out.scope;
    out.set.struct_size = sizeof out.set;
    out.kind.struct_size = sizeof out.kind;
    out.plan.struct_size = sizeof out.plan;
    out.policy.struct_size = sizeof out.policy;
    out.entries[0].struct_size = sizeof out.entries[0];
    out.page.struct_size = sizeof out.page;
    out.span.struct_size = sizeof out.span;
    out.reached.struct_size = sizeof out.reached;
    out.findings[0].struct_size = sizeof out.findings[0];
    out.decisions[0].struct_size = sizeof out.decisions[0];
    out.counts.struct_size = sizeof out.counts;
    out.changes[0].struct_size = sizeof out.changes[0];
    out.stats.struct_size = sizeof out.stats;
}

static void fill(void) {
    memset(&out, 0xA5, sizeof out);
    sizes();
    memcpy(as_it_was, &out, sizeof out);
}

#endif

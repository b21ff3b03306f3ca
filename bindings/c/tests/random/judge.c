// What is demanded of a call, whatever it was given: its status has a name and is none of PANIC and
// INTERNAL; it denies only if it is said to; and what it writes is what is said to be written with
// such a status. Sanitizers see what it reads and writes beyond.
#include "random.h"

static taken *find(const void *at) {
    size_t number = mine->taken_len;
    while (number--)
        if (mine->taken[number].at == at) return &mine->taken[number];
    return NULL;
}

void watch(const void *result, int when) {
    taken *it;
    if (!result) return;
    it = find(result);
    if (!it) DIE("a result is in memory that was not taken");
    if (it->len > sizeof mine->watched - mine->watched_len)
        DIE("more is watched for one call than was thought");
    it->when = when;
    it->before = mine->watched + mine->watched_len;
    mine->watched_len += it->len;
    memcpy(it->before, it->at, it->len);
}

void before_call(void) { mine->calls++; }

// Whether what is written at such times is written with this status.
static int is_written(int when, keycask_status status) {
    if (when & ON_FAILURE) return status < 0;
    if (status == KEYCASK_OK) return 1;
    if (status > 0) return when & ON_DENIAL;
    return status == KEYCASK_ERR_SPACE && when & ON_SPACE;
}

void after_call(const char *name, int denies, keycask_status status) {
    const char *named = keycask_status_name(status);
    size_t number;
    if (status == KEYCASK_ERR_PANIC || status == KEYCASK_ERR_INTERNAL || status < -26 ||
        status > 38 || !strcmp(named, "denied") || !strcmp(named, "failed"))
        DIE("%s: %d, %s", name, status, named);
    if (status > 0 && !denies) DIE("%s: %s, and it denies nothing", name, named);
    mine->good += status >= 0;
    mine->status = status;
    for (number = 0; number < mine->taken_len; number++) {
        const taken *it = &mine->taken[number];
        if (it->before && !is_written(it->when, status) && memcmp(it->before, it->at, it->len))
            DIE("%s: %s, and a result of %zu bytes is written", name, named, it->len);
    }
}

void after_close(keycask_store *store, keycask_status status) {
    int is_open = store && store == mine->own && mine->own_is_open;
    if (status != (is_open || !store ? KEYCASK_OK : KEYCASK_ERR_CLOSED))
        DIE("keycask_close: %s of a store that is %s", keycask_status_name(status),
            !store ? "NULL" : is_open ? "open" : "closed");
    if (is_open) mine->own_is_open = 0;
}

static int is_zero(const void *at, size_t len) {
    const char *bytes = at;
    while (len--)
        if (bytes[len]) return 0;
    return 1;
}

// Fields that do not belong to the reason are zero, the others are what they may be.
static void judge_denial(keycask_status status, const void *at) {
    int is_malformed = status == KEYCASK_DENY_MALFORMED, is_scope = status == KEYCASK_DENY_SCOPE;
    int is_rate = status == KEYCASK_DENY_RATE_LIMITED;
    int is_quota = status == KEYCASK_DENY_QUOTA_EXHAUSTED;
    int has_key = !is_malformed && status != KEYCASK_DENY_UNKNOWN && status <= KEYCASK_DENY_OTHER;
    int lacks;
    keycask_denial it;
    memcpy(&it, at, sizeof it);
    lacks = (it.required.low & ~it.present.low) || (it.required.high & ~it.present.high) ||
            is_zero(&it.required, sizeof it.required);
    if (is_malformed ? it.detail < 1 || it.detail > 4 : it.detail != 0)
        DIE("a denial as %s has the detail %u", keycask_status_name(status), it.detail);
    if (has_key != (it.key != 0))
        DIE("a denial as %s has the key %llu", keycask_status_name(status),
            (unsigned long long)it.key);
    if (is_scope ? !lacks : !is_zero(&it.required, 2 * sizeof it.required))
        DIE("a denial as %s has other scopes", keycask_status_name(status));
    if (is_rate || is_quota ? it.retry_ms < 0 : it.retry_ms != 0)
        DIE("a denial as %s is to be tried after %lld", keycask_status_name(status),
            (long long)it.retry_ms);
    if ((!is_rate && !is_zero(&it.rate, sizeof it.rate)) ||
        (!is_quota && !is_zero(&it.credits, sizeof it.credits)))
        DIE("a denial as %s has numbers of another", keycask_status_name(status));
}

void after_decision(keycask_status status, const keycask_denial *denial) {
    if (status > 0 && denial) judge_denial(status, denial);
}

// Struct number `at` of an array that is watched; none if there is no array. What was there before
// is at the same distance from the first.
static const char *one(const void *array, size_t at) {
    uint32_t size;
    if (!array) return NULL;
    memcpy(&size, array, sizeof size);
    return (const char *)array + at * size;
}

// Whether struct number `at` is as it was.
static int stays(const void *array, size_t at) {
    const taken *it = array ? find(array) : NULL;
    return !it || !memcmp(one(array, at), (char *)it->before + (one(array, at) - (char *)it->at),
                   (size_t)(one(array, 1) - one(array, 0)));
}

void after_decisions(keycask_status status, size_t count, const int32_t *statuses,
                     const keycask_grant *grants, const keycask_denial *denials) {
    keycask_status first = KEYCASK_OK;
    size_t at;
    if (status < 0) return;
    for (at = 0; at < count; at++) {
        keycask_status this = statuses[at];
        if (this < 0 || this > KEYCASK_DENY_OTHER) DIE("a token of many: %d", this);
        if (!stays(this > 0 ? (const void *)grants : (const void *)denials, at))
            DIE("a token of many: %s, and the other result is written", keycask_status_name(this));
        if (this > 0 && denials) judge_denial(this, one(denials, at));
        if (first == KEYCASK_OK) first = this;
    }
    if (status != first) DIE("keycask_verify_many: %d, but of the first: %d", status, first);
}

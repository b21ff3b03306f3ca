// keycask.h - an embedded API-key store. Generated from bindings/c by `make header`.
//
// A store is one file. Whoever has it open issues keys to owners, and decides, from memory, about
// the tokens that clients present. A realm says what tokens look like, where they are presented,
// and which scopes and plans there are; it is one TOML text, applied to the store. The course of a
// program is the order of the functions below: keycask_create() or keycask_open(),
// keycask_realm_apply(), keycask_owner_set(), keycask_issue(), keycask_verify() or
// keycask_present(), keycask_revoke(), and the rest; keycask_close() in the end.
//
// Words      A key is what is stored. Its token is the text that a client presents, and the
//            secret; its key id is a number, and no secret. A kind is a sort of key, as the realm
//            has it: how its tokens begin, and what they may do. An owner is whose key it is, by
//            the id that it has in your application. A rotated key lives on for its grace; it and
//            its successors are a lineage, which shares its rates and credits. Every change is a
//            commit, and the number of a commit is its seq.
// Failure    Every call returns a keycask_status. 0 is done or granted, above 0 the token is
//            denied, below 0 there is no answer. So `== KEYCASK_OK` is the safe question. Log the
//            status, and answer every denial alike: whoever guesses learns nothing from which
//            it was. Those of a write are FULL, IO, CORRUPT, RANDOM, POISONED, INDETERMINATE,
//            READ_ONLY, UNCONFIRMED, and CONFLICT for an operation that was another call. Every
//            call on a store may also fail with ARGUMENT, CLOSED, FORKED, INTERNAL, PANIC.
//            A write that fails has changed nothing, unless it is said with the call or is
//            INDETERMINATE: then what it takes away stays so until the store is opened again.
// Results    Results are written on OK only, and what else is written otherwise is said with the
//            call: a keycask_denial on a denial, a keycask_error on a failure, a length on SPACE.
// Threads    Any call may run on any thread at any time; keycask_close() comes last. A pointer to
//            const means so: the store changes, but nobody has to wait for anybody.
// Processes  A store belongs to the process that opened it. After fork() it refuses every call in
//            the child, whatever it is given; the child opens the file anew, and the parent goes
//            on. Only one process has a file open for writing; any number read it.
// Memory     The handle is the only thing to be released. Everything else is the caller's: nothing
//            is kept of what a call was given, but for the function of keycask_options.progress,
//            and results are copied into what it was given.
//            Inputs and outputs do not overlap. NULL is refused where it is not said to be
//            possible.
// Functions  Some calls take functions of yours. They run on the thread of the call and before it
//            returns, get the context that was given beside them, and what they are given lasts
//            until they return. They return normally: no longjmp() and no exception of C++.
//            They may decide and read, on the same store too, but make no call that writes or
//            closes: it could wait for the one that they run in.
// Text       A pointer and a length, UTF-8, without a terminator. A length of 0 needs no pointer.
//            A buffer for text has a capacity, and where there is a limit, a named one is always
//            enough. Structs that hold text point into the buffer of the same call. A list of
//            names is one text, in which spaces separate them. The buffer for the texts of
//            results may be NULL with a capacity of 0: then they are left out, but not tokens
//            and answers. An array of structs for results has a place at least.
// Structs    Begin with struct_size. Start from the struct's ..._INIT, or zero it and set
//            struct_size to its sizeof; do so for results too. Of an array for results, only the
//            first has to have it; of an array that a call reads, all. New fields come only at the
//            end, and zero in one means as it was before there was one. A struct_size that no
//            version had is refused with ARGUMENT before anything is done, that of a
//            keycask_error too; a larger one is not if zeros follow. Those without a struct_size
//            never grow. A flag or number that is not known is refused.
// Time       Milliseconds since 1970 in UTC, up to the year 2109, or those of a span, in names that
//            end in _ms. What is neither has a name; 0 is never one of them, so that a field that
//            was forgotten is refused.
// Secrets    Tokens, the pepper and the sealing key. The library wipes its copies; wipe yours.


#ifndef KEYCASK_H
#define KEYCASK_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define KEYCASK_MUST_USE __attribute__((warn_unused_result))
#else
#define KEYCASK_MUST_USE
#endif

// In a field that ends in _ms: an instant that never comes; the end of a key without end.
#define KEYCASK_NEVER 9223372036854775807

// In a field that ends in _ms: the present, by the store's clock.
#define KEYCASK_NOW 9223372036854775806

// In a field that ends in _ms: as the realm's profile has it or, where that has none, the library.
#define KEYCASK_DEFAULT 9223372036854775805

// In end_ms: life_ms after the start.
#define KEYCASK_AFTER 9223372036854775804

// In end_ms of a change: as it is.
#define KEYCASK_KEEP 9223372036854775803

// In grace_ms: no grace; the old key is revoked as the new one is made.
#define KEYCASK_AT_ONCE 9223372036854775802

// In a result, or as a condition of a filter: there is no such instant, or no such span.
#define KEYCASK_NONE 9223372036854775801

// Longest message of a failure, in bytes.
#define KEYCASK_MESSAGE_MAX 512

// Bytes of a pepper and of a sealing key.
#define KEYCASK_SECRET_LEN 32

// Most bytes of a secret of another system.
#define KEYCASK_IMPORT_SECRET_MAX 1024

// Most secrets of other systems.
#define KEYCASK_IMPORT_SECRETS_MAX 1024

// In flags of keycask_options: for reading alone, beside a process that writes. What that
// process changes later is not seen until the store is opened again.
#define KEYCASK_READ_ONLY 1

// As a step: the bytes of a file are read and their checksums compared, to open it for writing.
#define KEYCASK_STEP_READ 1

// As a step: the rows of a file are read and checked, to open it.
#define KEYCASK_STEP_OPEN 2

// As a step: rows are written to another file.
#define KEYCASK_STEP_COPY 3

// As a step: the whole of a file is checked, with the audit trail.
#define KEYCASK_STEP_CHECK 4

// As a step: keys are swept.
#define KEYCASK_STEP_SWEEP 5

// As a step: keys of another system are imported.
#define KEYCASK_STEP_IMPORT 6

// As a step: something that this version of the library has no number for.
#define KEYCASK_STEP_OTHER 7

// Of the names of a realm: its kinds.
#define KEYCASK_KINDS 1

// Of the names of a realm: its scopes.
#define KEYCASK_SCOPES 2

// Of the names of a realm: its sets of scopes.
#define KEYCASK_SETS 3

// Of the names of a realm: its plans.
#define KEYCASK_PLANS 4

// Longest name of a realm, kind, scope, set, plan, tier or environment, in bytes.
#define KEYCASK_NAME_MAX 64

// Room that is always enough for the names of all scopes of a realm.
#define KEYCASK_SCOPES_TEXT_MAX 8320

// Room that is always enough for the text of a keycask_scope_info.
#define KEYCASK_SCOPE_TEXT_MAX 12288

// Room that is always enough for the text of a keycask_set_info.
#define KEYCASK_SET_TEXT_MAX 512

// Every kind of a realm.
#define KEYCASK_ANY_KIND 18446744073709551615ull

// Room that is always enough for the text of a keycask_kind_info.
#define KEYCASK_KIND_TEXT_MAX 256

// In rights of keycask_kind_info: a key may use its own scopes.
#define KEYCASK_RIGHTS_KEY 1

// In rights of keycask_kind_info: it may use the scopes that its owner has directly, as they
// are at the moment of the decision.
#define KEYCASK_RIGHTS_OWNER 2

// In rights of keycask_kind_info: it may use what both have.
#define KEYCASK_RIGHTS_BOTH 3

// In rights of keycask_kind_info: as this version of the library has no number for.
#define KEYCASK_RIGHTS_OTHER 4

// In flags of keycask_kind_info: a sealed copy of the token is kept, so that it can be shown
// again.
#define KEYCASK_REVEALABLE 1

// In a field that limits how many active keys there may be: there is no limit.
#define KEYCASK_UNLIMITED 4294967295

// Most rate windows of a plan.
#define KEYCASK_WINDOWS_MAX 8

// Room that is always enough for the text of a keycask_plan_info.
#define KEYCASK_PLAN_TEXT_MAX 6144

// Room that is always enough for the text of a keycask_policy_info.
#define KEYCASK_POLICY_TEXT_MAX 512

// In flags of keycask_policy_info: a key can be suspended.
#define KEYCASK_SUSPENDS 1

// In flags of keycask_policy_info: outsiders are told that a key has expired.
#define KEYCASK_TELLS_EXPIRED 2

// In flags of keycask_policy_info: the time of a key's last use is kept.
#define KEYCASK_KEEPS_USAGE 4

// In flags of keycask_policy_info: an owner's keys share its rates; else each lineage has its
// own.
#define KEYCASK_SHARES_RATES 8

// In flags of keycask_owner_change: direct is set.
#define KEYCASK_SET_DIRECT 1

// In flags of keycask_owner_change: group is set.
#define KEYCASK_SET_GROUP 2

// In flags of keycask_owner_change: suspend the owner. All its keys are refused.
#define KEYCASK_SET_SUSPENDED 4

// In flags of keycask_owner_change: end the owner's suspension.
#define KEYCASK_SET_RESUMED 8

// In flags of keycask_owner_info: the owner is suspended.
#define KEYCASK_OWNER_SUSPENDED 1

// Longest id of an owner, in bytes.
#define KEYCASK_OWNER_MAX 128

// Room that is always enough for the text of a keycask_owner_info.
#define KEYCASK_OWNER_TEXT_MAX 512

// Most keys or owners in one page of a list.
#define KEYCASK_PAGE_MAX 1000

// Longest token that is issued, in bytes. A buffer for one has at least this capacity.
#define KEYCASK_TOKEN_MAX 166

// Most networks of a key.
#define KEYCASK_NETWORKS_MAX 64

// In flags of keycask_spec and keycask_key_change: there is no quota.
#define KEYCASK_NO_QUOTA 32

// As a cost: charges nothing. A quota or rate that is used up does not deny it.
#define KEYCASK_FREE 4294967295

// In flags of keycask_grant and keycask_key_info: the key was rotated and lives on only for
// its grace.
#define KEYCASK_IN_GRACE 1

// In detail of keycask_denial, of MALFORMED: no kind has a prefix that the token begins with.
#define KEYCASK_MALFORMED_PREFIX 1

// In detail of keycask_denial, of MALFORMED: the token is not as long as its kind's are.
#define KEYCASK_MALFORMED_LENGTH 2

// In detail of keycask_denial, of MALFORMED: a character that no token has.
#define KEYCASK_MALFORMED_CHARACTER 3

// In detail of keycask_denial, of MALFORMED: the checksum does not match.
#define KEYCASK_MALFORMED_CHECKSUM 4

// Most header fields of a request.
#define KEYCASK_HEADERS_MAX 1024

// Room that is always enough for the text of a keycask_description.
#define KEYCASK_DESCRIPTION_TEXT_MAX 9216

// Places that are always enough for the checks of a decision.
#define KEYCASK_CHECKS_MAX 32

// Room that is always enough for the text of all checks of a decision.
#define KEYCASK_EXPLANATION_TEXT_MAX 32768

// In passed of keycask_check_info: it refuses.
#define KEYCASK_REFUSED 0

// In passed of keycask_check_info: it does not refuse.
#define KEYCASK_PASSED 1

// In passed of keycask_check_info: there was no key to check.
#define KEYCASK_UNREACHED 2

// Length of the text of a key id.
#define KEYCASK_KEY_ID_LEN 17

// Room that is always enough for the text of a keycask_key_info.
#define KEYCASK_KEY_TEXT_MAX 16384

// A key that decides by its window, scopes and limits.
#define KEYCASK_ACTIVE 1

// A key that is refused until it is resumed.
#define KEYCASK_SUSPENDED 2

// A key that is refused for good.
#define KEYCASK_REVOKED 3

// In flags of keycask_key_info: the key's window is over, whatever its state.
#define KEYCASK_EXPIRED 2

// In flags of keycask_key_info: another system made its token.
#define KEYCASK_IMPORTED 4

// In cause of keycask_key_info: nothing happened to the key since it was issued.
#define KEYCASK_CAUSE_NONE 0

// In cause of keycask_key_info: somebody asked for its state.
#define KEYCASK_CAUSE_ASKED 1

// In cause of keycask_key_info: it was rotated, and its grace is over or was none.
#define KEYCASK_CAUSE_ROTATED 2

// In cause of keycask_key_info: its token was lost, and another key was issued in its place.
#define KEYCASK_CAUSE_REISSUED 3

// In flags of keycask_filter: only keys whose end has come, whatever their state.
#define KEYCASK_ONLY_EXPIRED 1

// In flags of keycask_filter: only keys whose end has not come, whatever their state.
#define KEYCASK_ONLY_UNEXPIRED 2

// In flags of keycask_filter: only keys that were rotated and live on for their grace.
#define KEYCASK_ONLY_IN_GRACE 4

// In flags of keycask_filter: only keys that were never granted, as far as is known. Of keys
// whose use is kept: a realm that has none is refused. One that was issued before its use was
// kept is left out.
#define KEYCASK_ONLY_NEVER_USED 8

// In order of keycask_filter: by key id, and so by time of issue. A key never changes its
// place.
#define KEYCASK_BY_KEY 0

// In order of keycask_filter: by when a key ceases to be of use, the earliest first: at its end
// or, if it was revoked before that, when it was revoked. Keys for which that never comes are
// last, by key id.
#define KEYCASK_BY_END 1

// Longest text of a cursor, in bytes.
#define KEYCASK_CURSOR_MAX 64

// Most keys of one call that issues or revokes several.
#define KEYCASK_MANY_MAX 10000

// To end keys: revoke every key that is selected. Those that are revoked already are left out.
#define KEYCASK_END_REVOKE 1

// To end keys: end the grace of every rotated key that is selected, now. It is revoked, as by
// a rotation without grace; its successor is not touched.
#define KEYCASK_END_GRACE 2

// Most keys that keycask_dry_run() names.
#define KEYCASK_DRY_RUN_MAX 10

// In flags of keycask_key_change: scopes are set.
#define KEYCASK_SET_SCOPES 1

// In flags of keycask_key_change: the lineage has so many credits, until the next refill.
#define KEYCASK_SET_CREDITS 2

// In flags of keycask_key_change: it has so many more, until the next refill, whatever the
// limit of its quota.
#define KEYCASK_ADD_CREDITS 4

// In flags of keycask_key_change: it has so many less, or none, until the next refill.
#define KEYCASK_TAKE_CREDITS 8

// In flags of keycask_key_change: the key may be used from anywhere.
#define KEYCASK_ANY_NETWORK 16

// To export entries: one JSON object a line, of one shape for ever.
#define KEYCASK_JSON 1

// To export entries: one event of OCSF 1.5.0 a line, an Entity Management event (3004).
#define KEYCASK_OCSF 2

// To trim the audit trail: those entries go that are before the first that was asked for at
// the time `bound` or later.
#define KEYCASK_TRIM_BEFORE 1

// To trim the audit trail: those go whose numbers are up to `bound`.
#define KEYCASK_TRIM_THROUGH 2

// To trim the audit trail: all but the last `bound` go.
#define KEYCASK_TRIM_KEEP 3

// In what of keycask_changed: a key is new or is not as it was.
#define KEYCASK_CHANGED_KEY 1

// In what of keycask_changed: a key was swept.
#define KEYCASK_CHANGED_SWEPT 2

// In what of keycask_changed: an owner is new or is not as it was.
#define KEYCASK_CHANGED_OWNER 3

// In what of keycask_changed: a realm is new or is not as it was.
#define KEYCASK_CHANGED_REALM 4

// In what of keycask_changed: something that this version of the library has no number for.
#define KEYCASK_CHANGED_OTHER 5

// In decisions of keycask_options: every denial is kept, and no grant.
#define KEYCASK_DENIALS 4294967295

// In pattern of keycask_finding: a key that is used from other networks was granted from one
// that it was not used from before.
#define KEYCASK_PATTERN_NEW_NETWORK 1

// In pattern of keycask_finding: a key was granted after it had not been used for long.
#define KEYCASK_PATTERN_LONG_IDLE 2

// In pattern of keycask_finding: a key that was rotated is still in use shortly before its
// grace ends.
#define KEYCASK_PATTERN_LATE_IN_GRACE 3

// In pattern of keycask_finding: a key was denied for scopes that it lacks, several times.
#define KEYCASK_PATTERN_SCOPE_DENIALS 4

// In pattern of keycask_finding: one that this version of the library has no number for.
#define KEYCASK_PATTERN_OTHER 5

// Most findings that there are at a time.
#define KEYCASK_FINDINGS_MAX 1024

// Room that is always enough for the text of one keycask_finding.
#define KEYCASK_FINDING_TEXT_MAX 256

// In flags of keycask_stats_info: a pepper keys digests and seals. Without one, damage of the
// file is detected, but one who forges it is not.
#define KEYCASK_PEPPERED 1

// In flags of keycask_stats_info: the store was restored from a backup and takes no changes
// until that is confirmed.
#define KEYCASK_UNCONFIRMED 2

// Places for an anchor's text; it is always shorter.
#define KEYCASK_ANCHOR_MAX 92

// In flags of keycask_restored: something told how many commits are missing.
#define KEYCASK_MISSING_KNOWN 1

// In flags of an import: import nothing, and say what would become of each key.
#define KEYCASK_IMPORT_DRY_RUN 1

// In flags of an import: leave refused keys out and import the others. Else it is all or none.
#define KEYCASK_IMPORT_SKIP_REFUSED 2

// In flags of an import: make owners that the realm does not have, without a plan of their own.
#define KEYCASK_IMPORT_MAKE_OWNERS 4

// In flags of an import: import keys also beyond their owners' caps. They take places all the
// same.
#define KEYCASK_IMPORT_IGNORE_CAPS 8

// Longest token in bytes, whoever made it. A buffer for one that is imported or shown again has at
// least this capacity.
#define KEYCASK_IMPORTED_TOKEN_MAX 512

// Places that are always enough for what keycask_imports() tells.
#define KEYCASK_IMPORTS_MAX 16

// Room that is always enough for its texts.
#define KEYCASK_IMPORTS_TEXT_MAX 2048

// In flags of keycask_leak: it is a key's token, and the key is not revoked. It is best revoked,
// whatever refuses it today.
#define KEYCASK_TO_REVOKE 1

// As a format of rules: the TOML of gitleaks 8, beside the rules that it comes with.
#define KEYCASK_GITLEAKS 1

// As a format of rules: the YAML of trufflehog 3, a custom detector a kind.
#define KEYCASK_TRUFFLEHOG 2

// As a format of rules: the fields of a custom pattern of GitHub's secret scanning, as YAML.
#define KEYCASK_GITHUB 3

// Number of the ABI. It changes only when a program that was built before would break.
#define KEYCASK_ABI 0

// What a call returns: 0 if it is done or the token is granted, above 0 if the token is
// denied, below 0 if there is no answer for a reason of ours.
//
// Numbers are never used again for something else. There may be more of them in a later
// version: what is above 0 and not known is a denial, what is below 0 is a failure.
enum keycask_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Done; of a token: granted.
    KEYCASK_OK = 0,
    // Denied: not shaped like a token of the realm. It was not looked up.
    KEYCASK_DENY_MALFORMED = 1,
    // Denied: no key of this realm and of the accepted kinds.
    KEYCASK_DENY_UNKNOWN = 2,
    // Denied: the key was ended for good.
    KEYCASK_DENY_REVOKED = 3,
    // Denied: the key is paused.
    KEYCASK_DENY_SUSPENDED = 4,
    // Denied: the key's owner is paused.
    KEYCASK_DENY_OWNER_SUSPENDED = 5,
    // Denied: the key's start is still to come.
    KEYCASK_DENY_NOT_YET_VALID = 6,
    // Denied: the key's end has passed.
    KEYCASK_DENY_EXPIRED = 7,
    // Denied: the key was not used for longer than its realm allows.
    KEYCASK_DENY_IDLE = 8,
    // Denied: the request came from an address that the key does not allow.
    KEYCASK_DENY_NETWORK = 9,
    // Denied: the key lacks a scope.
    KEYCASK_DENY_SCOPE = 10,
    // Denied: a rate window is used up.
    KEYCASK_DENY_RATE_LIMITED = 11,
    // Denied: the key's quota is used up.
    KEYCASK_DENY_QUOTA_EXHAUSTED = 12,
    // Denied for a reason that this version of the library has no number for.
    KEYCASK_DENY_OTHER = 13,
    // Denied: there was no token, for one of the reasons that follow. In a keycask_decision
    // alone.
    KEYCASK_DENY_UNPRESENTED = 31,
    // Denied: no header carries a token.
    KEYCASK_DENY_MISSING = 32,
    // Denied: the header that should carry the token is empty.
    KEYCASK_DENY_EMPTY = 33,
    // Denied: there is more than one credential.
    KEYCASK_DENY_REPEATED = 34,
    // Denied: there is a credential in another header only.
    KEYCASK_DENY_WRONG_HEADER = 35,
    // Denied: the header begins with another scheme.
    KEYCASK_DENY_WRONG_SCHEME = 36,
    // Denied: there are spaces or tabs in or before the token.
    KEYCASK_DENY_SPACES = 37,
    // Denied: the header holds a byte that is not ASCII.
    KEYCASK_DENY_NOT_ASCII = 38,
    // An argument is not possible: NULL, a length, a size, a number, a time, a flag.
    KEYCASK_ERR_ARGUMENT = -1,
    // A profile is not valid. The message gives its line and field.
    KEYCASK_ERR_PROFILE = -2,
    // The file, realm, kind, owner, scope, plan or key that was named is not there.
    KEYCASK_ERR_NOT_FOUND = -3,
    // What is there forbids the change.
    KEYCASK_ERR_CONFLICT = -4,
    // The owner has as many active keys as its plan allows.
    KEYCASK_ERR_CAP = -5,
    // Another handle or process has the file open for writing.
    KEYCASK_ERR_LOCKED = -6,
    // The store was opened read-only, or the file is a backup.
    KEYCASK_ERR_READ_ONLY = -7,
    // The system refused, or the file's mode, owner or type is not safe.
    KEYCASK_ERR_PERMISSION = -8,
    // The file is not a keycask store.
    KEYCASK_ERR_FOREIGN = -9,
    // The file has a newer format than this version reads.
    KEYCASK_ERR_NEWER = -10,
    // The pepper or sealing key is not the one that the file was made with.
    KEYCASK_ERR_PEPPER = -11,
    // The file is damaged.
    KEYCASK_ERR_CORRUPT = -12,
    // No space is left on the device.
    KEYCASK_ERR_FULL = -13,
    // Input or output failed.
    KEYCASK_ERR_IO = -14,
    // An earlier write ended with unknown outcome. Open the store again to write.
    KEYCASK_ERR_POISONED = -15,
    // This write may or may not have become durable. Opening the store again tells.
    KEYCASK_ERR_INDETERMINATE = -16,
    // The source of randomness failed.
    KEYCASK_ERR_RANDOM = -17,
    // A defect in keycask.
    KEYCASK_ERR_INTERNAL = -18,
    // The store was opened before this process was forked. Open it again here.
    KEYCASK_ERR_FORKED = -19,
    // A defect in keycask ended this or an earlier call half-way. Open the store again.
    KEYCASK_ERR_PANIC = -20,
    // A buffer or an array is too small for what has to go in.
    KEYCASK_ERR_SPACE = -21,
    // The handle was closed.
    KEYCASK_ERR_CLOSED = -22,
    // The log no longer reaches back that far: read everything anew.
    KEYCASK_ERR_GONE = -23,
    // The file is older than the store is known to be.
    KEYCASK_ERR_ROLLED_BACK = -24,
    // The store was restored from a backup and takes no changes until that is confirmed.
    KEYCASK_ERR_UNCONFIRMED = -25,
    // The store was opened read-only, and is in another file by now. Open it again.
    KEYCASK_ERR_MOVED = -26,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum keycask_status keycask_status;
#else
typedef int32_t keycask_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// An open store.
typedef struct keycask_store keycask_store;

// Text in a struct: UTF-8 and its length, without a terminator. As an input, a NULL means that
// it is not given; a length of 0 with another pointer is the empty text.
typedef struct {
    // Where it begins.
    const char *data;
    // Its length in bytes.
    size_t len;
} keycask_text;

// A secret of another system, by the name under which schemes of imported keys have it.
typedef struct {
    // Its name.
    keycask_text name;
    // The secret: its pepper, the key of its HMAC, or a salt that is the same for all keys.
    const uint8_t *secret;
    // Its length, KEYCASK_IMPORT_SECRET_MAX at most.
    size_t secret_len;
} keycask_import_secret;

// From where on something is a pattern. KEYCASK_PATTERNS_INIT is as the library has it.
typedef struct {
    // sizeof(keycask_patterns).
    uint32_t struct_size;
    // So many denials for scopes within within_ms; 0 with KEYCASK_DEFAULT there.
    uint32_t scope_denials;
    // A span, or KEYCASK_DEFAULT: 5 within an hour.
    int64_t within_ms;
    // A use after so long without one; KEYCASK_DEFAULT for 30 days. Of keys whose use is kept.
    int64_t idle_ms;
    // A use when so little of the grace is left; KEYCASK_DEFAULT for 6 hours.
    int64_t late_ms;
} keycask_patterns;

// A function of yours that is told how far something long has come: of `step`, which is one of
// KEYCASK_STEP_..., `done` of `total` rows (of KEYCASK_STEP_READ: bytes), as far as the total is
// known. `context` is what was given beside it.
//
// It is called by the thread that does the work, so by several at once if several do; when a
// step begins and ends, and every few thousand rows or few megabytes between. It is quick,
// returns normally, and calls nothing of this library.
typedef void (*keycask_progress)(void *context, uint32_t step, uint64_t done, uint64_t total);

// How a store is created or opened. All zero but for the size is the default.
typedef struct {
    // sizeof(keycask_options).
    uint32_t struct_size;
    // KEYCASK_READ_ONLY or 0.
    uint32_t flags;
    // A secret that your program keeps outside the file, and that the store was or will be
    // created with, or was last rotated to: it keys the digests of tokens. NULL for none.
    const uint8_t *pepper;
    // KEYCASK_SECRET_LEN, or 0 for none.
    size_t pepper_len;
    // The pepper before, until keycask_retire_pepper(). With both, a store opens before that
    // rotation, during it and after it. NULL for none.
    const uint8_t *previous_pepper;
    // KEYCASK_SECRET_LEN, or 0 for none.
    size_t previous_pepper_len;
    // A secret under which tokens are sealed that can be revealed. NULL for none.
    const uint8_t *sealing_key;
    // KEYCASK_SECRET_LEN, or 0 for none.
    size_t sealing_key_len;
    // Secrets of the systems whose keys were or will be imported. Each is needed until no key is
    // left on a scheme that names it: keycask_imports() tells. NULL for none.
    const keycask_import_secret *import_secrets;
    // How many there are; KEYCASK_IMPORT_SECRETS_MAX at most.
    size_t import_secrets_len;
    // 0 or KEYCASK_NOW for the machine's clock. A time: the store's clock stands there until
    // keycask_set_clock() moves it.
    int64_t clock_ms;
    // Size of the page cache in bytes; 0 for 32 MiB. Decisions do not read through it.
    uint64_t cache_bytes;
    // How many ops keycask_changes() can go back at least; 0 for 100,000. A change of one key,
    // owner or realm is an op.
    uint64_t log_len;
    // Refuse, with ROLLED_BACK, a file whose last commit has a lower number: an older one was put
    // in its place. From keycask_anchor() or keycask_stats(), kept elsewhere. 0 for any.
    uint64_t min_seq;
    // Most credits of a quota that are taken from the file at once, which is what a crash can
    // lose of a lineage; 0 for 1000.
    uint64_t lease_max;
    // What keycask_findings() is to look for; NULL for nothing. Takes 1 MiB, and at most some 14
    // MiB more as keys are met.
    const keycask_patterns *patterns;
    // A function that is told how far opening, checking, a backup, restoring, compacting,
    // sweeping and importing have come, for as long as the store is open. NULL for none.
    keycask_progress progress;
    // What it is given.
    void *progress_context;
    // Which decisions are kept for keycask_decisions(): 0 for none, KEYCASK_DENIALS for every
    // denial; any other number for every denial and one grant of so many, drawn by chance.
    // Takes 512 KiB.
    uint32_t decisions;
    // 0.
    uint32_t zero;
} keycask_options;

// What a failure says to people. Every call that takes one also takes NULL. It is written on
// a failure only, and names the argument at fault; it never holds a token or another secret.
typedef struct {
    // sizeof(keycask_error).
    uint32_t struct_size;
    // Bytes of the message.
    uint32_t message_len;
    // UTF-8, without a terminator; cut off if it is longer.
    char message[KEYCASK_MESSAGE_MAX];
} keycask_error;

// Who asks for a change, why, and as which operation. All go to the audit trail in the same
// commit.
typedef struct {
    // sizeof(keycask_actor).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The actor's name, 128 bytes at most, without control characters. May be left out.
    keycask_text name;
    // Its reason, 256 bytes at most, without control characters. May be left out.
    keycask_text reason;
    // A name of your own for this call, 128 bytes at most, without control characters. May be
    // left out. A call that was done under it before is not done again and reports what was
    // done, so that after KEYCASK_ERR_INDETERMINATE it can be made again once the store is
    // reopened. keycask_issue(), keycask_issue_many() and keycask_rotate() revoke the key whose
    // token was lost and make another in its place. Another call under the same name fails with
    // CONFLICT.
    keycask_text operation;
} keycask_actor;

// A set of scopes of one realm: a bit a scope. A bit is given to a name once and for ever, so
// a mask that was looked up stays good. All zero is no scope.
typedef struct {
    // Scopes 0 to 63.
    uint64_t low;
    // Scopes 64 to 127.
    uint64_t high;
} keycask_scopes;

// One scope, as its profile describes it. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_scope_info).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The scope itself.
    keycask_scopes scopes;
    // The scope and all that it implies, directly and through others.
    keycask_scopes expanded;
    // Its name.
    keycask_text name;
    // Its name for people; empty if it has none.
    keycask_text title;
    // Its tier; empty if it has none.
    keycask_text tier;
    // The names of the scopes that it implies directly, separated by spaces.
    keycask_text implies;
    // The HTTP methods that it permits, separated by spaces; `*` permits all.
    keycask_text methods;
} keycask_scope_info;

// A named set of scopes, as its profile has it. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_set_info).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The scopes, without what they imply.
    keycask_scopes scopes;
    // Its name.
    keycask_text name;
    // Its name for people; empty if it has none.
    keycask_text title;
} keycask_set_info;

// A kind, as its profile describes it. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_kind_info).
    uint32_t struct_size;
    // KEYCASK_REVEALABLE or 0.
    uint32_t flags;
    // The kind alone, as a mask.
    uint64_t kinds;
    // Its number, as a grant has it.
    uint16_t kind;
    // 0.
    uint16_t zero;
    // KEYCASK_RIGHTS_...
    uint32_t rights;
    // How many active keys of it an owner can have, whatever its plan; KEYCASK_UNLIMITED.
    uint32_t active;
    // How long its tokens are, in bytes.
    uint32_t token_len;
    // Its name.
    keycask_text name;
    // Its environment; empty if it has none.
    keycask_text environment;
    // What its tokens begin with.
    keycask_text prefix;
} keycask_kind_info;

// A rate window of a plan: `limit` requests in each period, no more than `burst` of them at
// once.
typedef struct {
    // Requests in a period.
    uint32_t limit;
    // Size of the bucket that is refilled at `limit` a period.
    uint32_t burst;
    // The window's length.
    uint64_t period_ms;
} keycask_window;

// What the owners of a plan may have. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_plan_info).
    uint32_t struct_size;
    // How many windows it has.
    uint32_t windows_len;
    // Most active keys, of all kinds together; KEYCASK_UNLIMITED.
    uint32_t active;
    // 0.
    uint32_t zero;
    // Its windows, all of which must admit a request; those beyond windows_len are zero.
    keycask_window windows[KEYCASK_WINDOWS_MAX];
    // Its name.
    keycask_text name;
    // Its name for people; empty if it has none.
    keycask_text title;
    // The quota of keys that are issued to an owner of the plan, if none is asked for, such as
    // "1000 per day"; empty if it has none.
    keycask_text quota;
    // Most active keys of a kind, for those kinds that it limits: a kind's name, a space, the
    // number, and so on, such as "live 10 test 3".
    keycask_text active_of;
} keycask_plan_info;

// What a realm allows over the life of a key. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_policy_info).
    uint32_t struct_size;
    // KEYCASK_SUSPENDS, ...
    uint32_t flags;
    // How long a key lives if its issuer does not say; KEYCASK_NEVER if it does not end.
    int64_t default_life_ms;
    // How long a key can live at most; KEYCASK_NEVER for any.
    int64_t longest_life_ms;
    // How long a rotated key lives on if its rotation does not say; KEYCASK_AT_ONCE if not at
    // all.
    int64_t default_grace_ms;
    // The longest grace that a rotation can ask for; KEYCASK_AT_ONCE if none.
    int64_t longest_grace_ms;
    // The age at which rotation is advised; KEYCASK_NONE if it is not.
    int64_t rotate_after_ms;
    // How long a key may stay unused, if it has no span of its own; KEYCASK_NONE if for ever.
    int64_t idle_ms;
    // How long expired and revoked keys stay before a sweep may take them.
    int64_t retain_ms;
    // The realm's name for people: its title, else its name.
    keycask_text title;
    // The plan of an owner that was given none; empty if there is none.
    keycask_text default_plan;
} keycask_policy_info;

// What an owner shall be. What is not set stays, or is none for a new owner.
typedef struct {
    // sizeof(keycask_owner_change).
    uint32_t struct_size;
    // KEYCASK_SET_..., or 0.
    uint32_t flags;
    // The owner's plan, by name. May be left out.
    keycask_text plan;
    // With KEYCASK_SET_DIRECT: the scopes that the owner has itself. Keys of a kind with the
    // owner's rights have these, as they are at each verify. Else none.
    keycask_scopes direct;
    // With KEYCASK_SET_GROUP: the scopes that the owner has through groups. They are for
    // people to see; no key inherits them. Else none.
    keycask_scopes group;
} keycask_owner_change;

// An owner. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_owner_info).
    uint32_t struct_size;
    // KEYCASK_OWNER_SUSPENDED or 0.
    uint32_t flags;
    // The owner's number in the store, as a grant has it.
    uint32_t owner;
    // The number of its realm.
    uint16_t realm;
    // 0.
    uint16_t zero;
    // The scopes that it has itself.
    keycask_scopes direct;
    // The scopes that it has through groups.
    keycask_scopes group;
    // Its id in your application.
    keycask_text id;
    // Its plan; that of the profile if it has none of its own, empty if there is neither.
    keycask_text plan;
} keycask_owner_info;

// What a new key shall be. KEYCASK_SPEC_INIT is valid from now on and from anywhere, and ends
// and has credits as the profile has it; kind and owner have to be set.
typedef struct {
    // sizeof(keycask_spec).
    uint32_t struct_size;
    // The number of the realm.
    uint16_t realm;
    // KEYCASK_NO_QUOTA or 0.
    uint16_t flags;
    // The name of the kind.
    keycask_text kind;
    // The id of the owner, which must be there.
    keycask_text owner;
    // What the key may do. None grants nothing.
    keycask_scopes scopes;
    // A name for people: 128 bytes at most, no control characters. May be left out.
    keycask_text name;
    // Your application's data: one JSON value of 4096 bytes at most. May be left out.
    keycask_text metadata;
    // Before it the key is refused: KEYCASK_NOW, or a time that has not passed.
    int64_t start_ms;
    // From it on the key is refused: KEYCASK_NEVER, KEYCASK_DEFAULT, KEYCASK_AFTER with
    // life_ms, or a time.
    int64_t end_ms;
    // With KEYCASK_AFTER: milliseconds from the start to the end. Else 0.
    int64_t life_ms;
    // The networks from which alone it may be used, such as 10.0.0.0/8 or 2001:db8::/32,
    // separated by spaces, from 1 to KEYCASK_NETWORKS_MAX. An address such as ::ffff:10.0.0.1
    // is the IPv4 address. May be left out: from anywhere; the empty text is refused.
    keycask_text networks;
    // How long it may stay unused, in milliseconds from an hour on, if its realm does not
    // say less; or KEYCASK_DEFAULT, as the realm has it. The time of its last use is kept then.
    int64_t idle_ms;
    // The quota that it shares with its rotations, such as "1000", "1000 per day",
    // "1000 per month on day 15" or "1000 per 12h". May be left out: as the owner's plan has
    // it, or with KEYCASK_NO_QUOTA none; the empty text is refused.
    keycask_text quota;
} keycask_spec;

// A key that was issued with others.
typedef struct {
    // sizeof(keycask_issued).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The key's id.
    uint64_t key;
    // Its token, in the buffer of the call.
    keycask_text token;
} keycask_issued;

// What a decision is asked. KEYCASK_REQUEST_INIT asks for any kind, no scope, now, at a cost
// of one, from no address.
typedef struct {
    // sizeof(keycask_request).
    uint32_t struct_size;
    // What is charged to rates, and taken from the key's quota: from 1, or KEYCASK_FREE.
    uint32_t cost;
    // The scopes that are needed, all of them.
    keycask_scopes scopes;
    // The kinds that are accepted: KEYCASK_ANY_KIND or a mask; a token of another is UNKNOWN.
    uint64_t kinds;
    // The present: KEYCASK_NOW for the store's clock, or a time of your own.
    int64_t now_ms;
    // Where the request comes from: the peer's address of the connection in network order, as
    // an in_addr or in6_addr has it, or what a proxy of your own vouches for. No header is
    // read for it, for whoever sends the request writes the headers.
    uint8_t address[16];
    // 4 or 16, its bytes; 0 for none: then a key that has networks is denied.
    uint32_t address_len;
    // 0.
    uint32_t zero;
} keycask_request;

// One rate window as it stands after a decision. All zero if none applies.
typedef struct {
    // Requests that the window admits.
    uint32_t limit;
    // Requests that it would still admit.
    uint32_t remaining;
    // When the window ends.
    int64_t reset_ms;
    // The window's length.
    uint64_t period_ms;
} keycask_rate;

// The credits of a quota. All zero if there is no quota.
typedef struct {
    // Credits that there are after a refill.
    uint64_t limit;
    // Credits that are left. They can be more than the limit, if some were added.
    uint64_t remaining;
    // When they are refilled; KEYCASK_NEVER if they are not.
    int64_t reset_ms;
} keycask_credits;

// Whose a token is and what it may do. keycask_describe() gives the text behind the numbers.
typedef struct {
    // sizeof(keycask_grant).
    uint32_t struct_size;
    // KEYCASK_IN_GRACE or 0.
    uint32_t flags;
    // The key's id. It is public and may be logged.
    uint64_t key;
    // The number of the owner.
    uint32_t owner;
    // The number of the realm.
    uint16_t realm;
    // The number of the key's kind.
    uint16_t kind;
    // What the token may do, implied scopes included.
    keycask_scopes scopes;
    // When the key ends; KEYCASK_NEVER if it does not.
    int64_t end_ms;
    // The rate window that is nearest to its limit, if there is one.
    keycask_rate rate;
    // The credits of the key's quota, if it has one. Requests that are decided at the same
    // moment may not be in it yet.
    keycask_credits credits;
} keycask_grant;

// What there is to say of a denial, for your program and its log. Fields that do not belong
// to the reason are zero.
typedef struct {
    // sizeof(keycask_denial).
    uint32_t struct_size;
    // Of MALFORMED: one of KEYCASK_MALFORMED_...
    uint32_t detail;
    // The key, where the token is one's; else 0.
    uint64_t key;
    // Of SCOPE: what the request needs. It is none where no scope permits the method, and may be
    // none of a key that uses its owner's scopes while there are none.
    keycask_scopes required;
    // Of SCOPE: what the key may do.
    keycask_scopes present;
    // Of RATE_LIMITED and QUOTA_EXHAUSTED: milliseconds until the request would be admitted;
    // KEYCASK_NEVER if it would not: it costs more than there ever is, the quota is not
    // refilled, or the store cannot write what its credits come to.
    int64_t retry_ms;
    // Of RATE_LIMITED: the window that admits again last.
    keycask_rate rate;
    // Of QUOTA_EXHAUSTED: what is left of the key's quota.
    keycask_credits credits;
} keycask_denial;

// One header field, as it came: name and value may be any bytes.
typedef struct {
    // The name, without the colon.
    keycask_text name;
    // The value.
    keycask_text value;
} keycask_header;

// The head of an HTTP request, as far as it bears on a decision. All of it may come from the
// client, so it may be any bytes: in what is quoted, U+FFFD stands for what is not UTF-8.
typedef struct {
    // sizeof(keycask_http).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The method, in capitals as HTTP has it.
    keycask_text method;
    // Your id of the request, for answers that quote it. May be left out.
    keycask_text request_id;
    // All header fields, in order.
    const keycask_header *headers;
    // How many there are; KEYCASK_HEADERS_MAX at most.
    size_t headers_len;
} keycask_http;

// What to answer. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_answer).
    uint32_t struct_size;
    // The HTTP status: 200 for a grant, else 400 to 599.
    uint32_t http_status;
    // Header lines, each with a CR and LF at its end. Of a grant: to be added to your own.
    keycask_text headers;
    // The body. Of a grant it is empty: the body is yours.
    keycask_text body;
} keycask_answer;

// The text behind a grant. It stands in the buffer of the call.
typedef struct {
    // sizeof(keycask_description).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The realm's name.
    keycask_text realm;
    // The owner's id in your application.
    keycask_text owner;
    // The owner's plan; empty if it has none.
    keycask_text plan;
    // The kind's name.
    keycask_text kind;
    // The kind's environment; empty if the profile names none.
    keycask_text environment;
    // The prefix of the key's token.
    keycask_text prefix;
    // Names of the scopes that were granted, implied ones included, separated by spaces.
    keycask_text scopes;
} keycask_description;

// What a decision rests on.
typedef struct {
    // sizeof(keycask_explanation).
    uint32_t struct_size;
    // Place of the first check that refuses, from 0; their number if none does.
    uint32_t refused_at;
    // The key, if the token is one's; else 0.
    uint64_t key;
    // What the request needs.
    keycask_scopes required;
    // What the key may do.
    keycask_scopes present;
    // What is needed and not present.
    keycask_scopes missing;
} keycask_explanation;

// One check of a decision. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_check_info).
    uint32_t struct_size;
    // KEYCASK_REFUSED, KEYCASK_PASSED or KEYCASK_UNREACHED.
    uint32_t passed;
    // Its name: that of the status with which it denies.
    keycask_text name;
    // What it found, for people.
    keycask_text detail;
} keycask_check_info;

// A key as it may be shown: never its token. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_key_info).
    uint32_t struct_size;
    // KEYCASK_IN_GRACE, KEYCASK_EXPIRED, KEYCASK_IMPORTED.
    uint32_t flags;
    // The key's id.
    uint64_t key;
    // KEYCASK_ACTIVE, KEYCASK_SUSPENDED or KEYCASK_REVOKED.
    uint32_t state;
    // KEYCASK_CAUSE_...
    uint32_t cause;
    // The number of the realm.
    uint16_t realm;
    // The number of the kind.
    uint16_t kind_number;
    // Its place in its lineage, from 1.
    uint32_t generation;
    // The first key of its lineage.
    uint64_t lineage;
    // The key that it replaced; 0 if none.
    uint64_t predecessor;
    // The key that replaced it; 0 if none.
    uint64_t successor;
    // The scopes that it was granted, without what they imply. A revoked key may have one that
    // its profile no longer has.
    keycask_scopes scopes;
    // When it was issued.
    int64_t issued_ms;
    // From when on it is valid.
    int64_t start_ms;
    // From when on it is refused; KEYCASK_NEVER if it does not end.
    int64_t end_ms;
    // When its state last changed.
    int64_t changed_ms;
    // When it was last granted; KEYCASK_NONE if never, or if that is not kept: neither by its
    // profile nor because it may not stay unused for ever. Uses within a minute of the one
    // shown are not told from it.
    int64_t last_used_ms;
    // When the profile advises to rotate it; KEYCASK_NONE if it does not.
    int64_t rotation_due_ms;
    // For how long it may stay unused; KEYCASK_NONE if for ever.
    int64_t idle_ms;
    // From when on it is refused as idle, if it is not used before; KEYCASK_NONE if never. It is
    // as long after its last use, and up to a minute more; or after its start, the last change
    // of its state, or when the span was given, if that is later.
    int64_t idle_at_ms;
    // The credits of the quota that it shares with its lineage, if it has one. A store that is
    // read-only does not see those that the process which writes has taken to hand out.
    keycask_credits credits;
    // The owner's id in your application.
    keycask_text owner;
    // The name of its kind.
    keycask_text kind;
    // The kind's environment; empty if the profile names none.
    keycask_text environment;
    // The key's name for people.
    keycask_text name;
    // Your application's data.
    keycask_text metadata;
    // The reason that was given for its last change of state.
    keycask_text reason;
    // The prefix of its token; empty if another system made that.
    keycask_text prefix;
    // The last four characters of its token; empty if they are not known.
    keycask_text last_four;
    // The names of its scopes, separated by spaces.
    keycask_text scope_names;
    // The networks from which alone it may be used, separated by spaces; empty for anywhere.
    keycask_text networks;
    // Its quota, such as "1000 per day"; empty if it has none.
    keycask_text quota;
    // The scheme of the other system's digest that it is found by until it is verified; empty
    // if it has none.
    keycask_text scheme;
} keycask_key_info;

// Which keys are asked for: those that meet every condition. KEYCASK_FILTER_INIT has none, and
// selects all keys. Spans count from the present; those of a later page, from that of the
// first. Conditions that no key can meet together are refused with ARGUMENT.
typedef struct {
    // sizeof(keycask_filter).
    uint32_t struct_size;
    // KEYCASK_ONLY_..., or 0.
    uint32_t flags;
    // Only keys in this state: KEYCASK_ACTIVE, ...; 0 for any.
    uint32_t state;
    // For a list: KEYCASK_BY_KEY or KEYCASK_BY_END.
    uint32_t order;
    // Only keys of this realm; 0 for any.
    uint16_t realm;
    // 0.
    uint16_t zero;
    // 0.
    uint32_t zero_too;
    // Only keys of the lineage of this key: of any key in it, or of its first if that was
    // swept; 0 for any. That there is no such lineage is an error where its keys are to be ended.
    uint64_t lineage;
    // Only keys of the kind of this name; with a realm. May be left out.
    keycask_text kind;
    // Only keys of this owner; with a realm. May be left out.
    keycask_text owner;
    // Only keys with this hint: the prefix, three dots and the last four characters, or the
    // latter two for any prefix. Several keys may share a hint. May be left out.
    keycask_text hint;
    // Only keys that were issued then or later; KEYCASK_NONE for any.
    int64_t issued_from_ms;
    // Only keys that were issued earlier than then; KEYCASK_NONE for any.
    int64_t issued_before_ms;
    // Only keys that are neither revoked nor expired, and will have expired once this span has
    // passed; KEYCASK_NONE for any.
    int64_t expiring_ms;
    // Only keys that are to be rotated: neither revoked, expired nor rotated, and as old as
    // this, or with KEYCASK_DEFAULT as their profile says; KEYCASK_NONE for any.
    int64_t due_ms;
    // Only keys that were not granted for this span, or if never, issued or imported that long
    // ago; KEYCASK_NONE for any. Of keys whose use is kept, as with KEYCASK_ONLY_NEVER_USED.
    int64_t idle_ms;
} keycask_filter;

// Where a list of keys goes on. KEYCASK_CURSOR_INIT is its beginning.
//
// It is never too old: the next page may be asked for a year later, or by another process. The
// text may be kept and handed out, and is no secret; that of a key id is the cursor after that
// key in a list by key.
typedef struct {
    // sizeof(keycask_cursor).
    uint32_t struct_size;
    // Bytes of the text; 0 for the beginning and, as a result, at the end.
    uint32_t len;
    // ASCII without spaces, and without a terminator.
    char text[KEYCASK_CURSOR_MAX];
} keycask_cursor;

// How many keys of one kind there are, by state.
typedef struct {
    // sizeof(keycask_kind_count).
    uint32_t struct_size;
    // The number of the kind's realm.
    uint16_t realm;
    // The kind's number, as a grant has it; keycask_kind_name() has its name.
    uint16_t kind;
    // Keys that are active; those that have expired, too, since that is a fact of time.
    uint64_t active;
    // Keys that are suspended, those that have expired, too.
    uint64_t suspended;
    // Keys that are revoked.
    uint64_t revoked;
    // How many of the active and suspended ones have expired.
    uint64_t expired;
} keycask_kind_count;

// What shall change about a key. KEYCASK_KEY_CHANGE_INIT changes nothing. What lifts a limit has
// a name of its own; an empty text never does.
typedef struct {
    // sizeof(keycask_key_change).
    uint32_t struct_size;
    // KEYCASK_SET_SCOPES, KEYCASK_ANY_NETWORK, KEYCASK_NO_QUOTA, and one of
    // KEYCASK_..._CREDITS; or 0.
    uint32_t flags;
    // A new name. May be left out.
    keycask_text name;
    // New metadata. May be left out.
    keycask_text metadata;
    // A new end: KEYCASK_KEEP, KEYCASK_NEVER or a time that has not passed.
    int64_t end_ms;
    // With KEYCASK_SET_SCOPES: new scopes, in place of the old ones. Else none.
    keycask_scopes scopes;
    // New networks, as in keycask_spec. May be left out: they stay or, with
    // KEYCASK_ANY_NETWORK, are taken away; the empty text is refused.
    keycask_text networks;
    // How long it may stay unused from now on: KEYCASK_KEEP, KEYCASK_DEFAULT (as its realm has
    // it), or milliseconds. A key that was refused as idle is granted again.
    int64_t idle_ms;
    // A new quota for the whole lineage, as in keycask_spec, with all its credits. May be left
    // out: it stays or, with KEYCASK_NO_QUOTA, is taken away; the empty text is refused.
    keycask_text quota;
    // With one of KEYCASK_..._CREDITS: how many. Else 0.
    uint64_t credits;
} keycask_key_change;

// How a key shall be replaced. KEYCASK_ROTATION_INIT takes grace and end from the profile.
typedef struct {
    // sizeof(keycask_rotation).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // How long the old key lives on, if its own end is not earlier: KEYCASK_DEFAULT,
    // KEYCASK_AT_ONCE (it does not), or milliseconds.
    int64_t grace_ms;
    // When the new key ends: KEYCASK_NEVER, KEYCASK_DEFAULT (the old one's lifetime again),
    // KEYCASK_AFTER with life_ms, or a time.
    int64_t end_ms;
    // With KEYCASK_AFTER: milliseconds from now to the end. Else 0.
    int64_t life_ms;
} keycask_rotation;

// An operation that was done.
typedef struct {
    // sizeof(keycask_operation_info).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The commit that it was done with. Entries of the audit trail with this seq say what it
    // changed; there are none if there was nothing to change.
    uint64_t seq;
    // When it was done.
    int64_t at_ms;
    // The key that it made or changed, if it was about one alone; else 0.
    uint64_t key;
} keycask_operation_info;

// Which entries of the audit trail are asked for: those that meet every condition.
// KEYCASK_AUDIT_FILTER_INIT has none, and selects all entries. Texts are compared byte for byte.
typedef struct {
    // sizeof(keycask_audit_filter).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // Only what was done to this key, alone or among others, or made or ended it beside another;
    // 0 for any.
    uint64_t key;
    // Only what was done in the realm of this name. May be left out.
    keycask_text realm;
    // Only what was done to the owner that your application calls so, or to its keys. May be
    // left out.
    keycask_text owner;
    // Only what this actor asked for. May be left out.
    keycask_text actor;
    // Only what was done as this operation. May be left out.
    keycask_text operation;
    // Only these events, such as key_revoked, separated by spaces. May be left out.
    keycask_text events;
    // Only what was asked for then or later; KEYCASK_NONE for any.
    int64_t from_ms;
    // Only what was asked for before then; KEYCASK_NONE for any.
    int64_t until_ms;
} keycask_audit_filter;

// One change, as the audit trail keeps it. The texts stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_audit_entry).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // Its place in the trail, from 1 without gaps.
    uint64_t number;
    // The commit that made the change.
    uint64_t seq;
    // When it was asked for.
    int64_t at_ms;
    // The key that was changed; 0 if none was. Where several were, the member `keys` of after
    // lists them.
    uint64_t key;
    // What was done, such as key_revoked.
    keycask_text event;
    // Who asked for it; empty if nobody said.
    keycask_text actor;
    // Why; empty if nobody said.
    keycask_text reason;
    // As which operation; empty if nobody said.
    keycask_text operation;
    // The name of the realm; empty if it concerns none.
    keycask_text realm;
    // The owner's id in your application; empty if it concerns none.
    keycask_text owner;
    // The fields that changed, as they were: a JSON object.
    keycask_text before;
    // The fields that changed, as they are: a JSON object.
    keycask_text after;
} keycask_audit_entry;

// How far a page of the audit trail reaches.
typedef struct {
    // sizeof(keycask_audit_page).
    uint32_t struct_size;
    // 1 if there are entries of higher numbers, else 0.
    uint32_t more;
    // The number after which to go on: every entry up to it was looked at. Whoever keeps it
    // and begins there next time is given every later entry once.
    uint64_t reached;
    // Number of the oldest entry that was not taken out. If it is over the number after which
    // the page begins by more than one, those between are gone.
    uint64_t first;
} keycask_audit_page;

// Which entries the audit trail has.
typedef struct {
    // sizeof(keycask_audit_span).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // Number of the oldest entry that was not taken out.
    uint64_t first;
    // Number of the last entry; 0 if there never was one.
    uint64_t last;
    // Entries that are in the file.
    uint64_t entries;
} keycask_audit_span;

// How far somebody who follows a store has come: the last commit that it knows, of which
// store. Keep it as it is: a store that was restored from a backup has another id, and a seq
// of one means nothing in the other.
typedef struct {
    // sizeof(keycask_feed_cursor).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The number of the commit.
    uint64_t seq;
    // The store's id.
    uint8_t store_id[16];
} keycask_feed_cursor;

// One thing that a commit changed. What it is now is to be looked up.
typedef struct {
    // sizeof(keycask_changed).
    uint32_t struct_size;
    // KEYCASK_CHANGED_...
    uint32_t what;
    // The number of the commit.
    uint64_t seq;
    // The key, the owner's number or the realm's number.
    uint64_t number;
} keycask_changed;

// One decision as it was made.
typedef struct {
    // sizeof(keycask_decision).
    uint32_t struct_size;
    // What it came to: KEYCASK_OK, or a KEYCASK_DENY_...; for whatever reason there was no
    // token, KEYCASK_DENY_UNPRESENTED.
    int32_t outcome;
    // When it was made, by the store's clock or as the request named it.
    int64_t at_ms;
    // The key, where the token is one's; else 0.
    uint64_t key;
    // The number of the realm that decided.
    uint16_t realm;
    // 0.
    uint16_t zero;
    // 4 or 16, the bytes of the address; 0 if the request named none.
    uint32_t address_len;
    // Where the request came from, in network order.
    uint8_t address[16];
    // Of SCOPE: what the request needs and the key has not.
    keycask_scopes missing;
    // Of a grant: what the request needed, for itself and for its method.
    keycask_scopes needed;
} keycask_decision;

// How many decisions came to which outcome since the store was opened here.
typedef struct {
    // sizeof(keycask_counts).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // Grants.
    uint64_t granted;
    // Requests that presented no token.
    uint64_t unpresented;
    // Denials with KEYCASK_DENY_MALFORMED, and so on.
    uint64_t malformed;
    // KEYCASK_DENY_UNKNOWN.
    uint64_t unknown;
    // KEYCASK_DENY_REVOKED.
    uint64_t revoked;
    // KEYCASK_DENY_SUSPENDED.
    uint64_t suspended;
    // KEYCASK_DENY_OWNER_SUSPENDED.
    uint64_t owner_suspended;
    // KEYCASK_DENY_NOT_YET_VALID.
    uint64_t not_yet_valid;
    // KEYCASK_DENY_EXPIRED.
    uint64_t expired;
    // KEYCASK_DENY_IDLE.
    uint64_t idle;
    // KEYCASK_DENY_NETWORK.
    uint64_t network;
    // KEYCASK_DENY_SCOPE.
    uint64_t scope;
    // KEYCASK_DENY_RATE_LIMITED.
    uint64_t rate_limited;
    // KEYCASK_DENY_QUOTA_EXHAUSTED.
    uint64_t quota_exhausted;
} keycask_counts;

// What was found about one key, or about several keys of one owner taken together. The texts
// stand in the buffer of the call.
typedef struct {
    // sizeof(keycask_finding).
    uint32_t struct_size;
    // KEYCASK_PATTERN_...
    uint32_t pattern;
    // The key; 0 if it is about its owner, whose keys are counted as if they were one.
    uint64_t key;
    // The number of the realm that decided.
    uint16_t realm;
    // 0.
    uint16_t zero;
    // 0.
    uint32_t zero_too;
    // When it was first found.
    int64_t first_ms;
    // When it was last found.
    int64_t last_ms;
    // How often, since the first: new networks, or decisions.
    uint64_t count;
    // All scopes that were missing in what was denied.
    keycask_scopes missing;
    // The realm's name, as far as the key is still there.
    keycask_text realm_name;
    // The owner's id in your application, likewise.
    keycask_text owner;
    // The network that it was last found from, such as 192.0.2.0/24: /24 of IPv4, /48 of IPv6;
    // empty if none was named.
    keycask_text network;
} keycask_finding;

// Figures of an open store.
typedef struct {
    // sizeof(keycask_stats_info).
    uint32_t struct_size;
    // KEYCASK_PEPPERED, KEYCASK_UNCONFIRMED.
    uint32_t flags;
    // The store's own id, which a copy that was restored does not share.
    uint8_t store_id[16];
    // The number of the last commit.
    uint64_t seq;
    // Keys in the file, in whatever state.
    uint64_t keys;
    // Owners in the file.
    uint64_t owners;
    // Realms in the file.
    uint64_t realms;
    // Bytes of the table in memory.
    uint64_t index_bytes;
    // How many of them are on huge pages, as far as the system tells. A table of millions of
    // keys decides a third slower without.
    uint64_t index_huge_bytes;
    // Commits that the log has, the last ones.
    uint64_t log_commits;
    // Entries of the audit trail that were not taken out.
    uint64_t audit_entries;
    // The number of the last entry of the audit trail: how many were ever made.
    uint64_t audit_last;
} keycask_stats_info;

// Where a store is with the rotation of its pepper.
typedef struct {
    // sizeof(keycask_pepper_info).
    uint32_t struct_size;
    // KEYCASK_PEPPERED or 0, of the present generation.
    uint32_t flags;
    // The present generation, from 1. New keys are of it.
    uint32_t generation;
    // The generation before, until it is retired; 0 if there is none.
    uint32_t previous;
    // Keys of the generation before that are not revoked: so many would be by retiring it now.
    uint64_t left;
} keycask_pepper_info;

// Where a store stood after one commit, as text: its seq in decimal, a colon, its id and, behind
// another colon, a digest of all that is in it, each in 32 digits of 0-9a-f. It is no secret.
// Kept where who writes to the file cannot change it, it tells later what a backup lacks, and its
// seq is a min_seq.
typedef struct {
    // Its length in bytes.
    uint32_t len;
    // The text, without a terminator.
    char text[KEYCASK_ANCHOR_MAX];
} keycask_anchor_text;

// A backup that was written, read back and checked.
typedef struct {
    // sizeof(keycask_backup_info).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // Keys in it, in whatever state.
    uint64_t keys;
    // Length of its file.
    uint64_t bytes;
    // Where the store stood, which it is of.
    keycask_anchor_text anchor;
} keycask_backup_info;

// What is known of a store beside its backup. All zero but for the size is nothing.
typedef struct {
    // sizeof(keycask_restoring).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // The last anchor of the store that was kept elsewhere. It refuses a backup of another store
    // or another history, and tells how many commits the backup lacks if it is of a later moment.
    // May be left out.
    keycask_text anchor;
    // Path of the store's own file, if that can still be read in part. What it denies is taken
    // from it, and what it would grant is not: a key that is revoked, suspended, ends earlier or
    // has fewer scopes there has so in the new store, one that is not there any more is revoked,
    // and one whose row is damaged is suspended. Owners likewise, but none is revoked. Nothing is
    // written to it, and no process has it open. May be left out.
    keycask_text denials_of;
} keycask_restoring;

// What a restoring did, and what is not known.
typedef struct {
    // sizeof(keycask_restored).
    uint32_t struct_size;
    // KEYCASK_MISSING_KNOWN or 0.
    uint32_t flags;
    // The new store's id.
    uint8_t store_id[16];
    // With KEYCASK_MISSING_KNOWN: how many commits the store is known to have made after the
    // backup. Any of them may have revoked keys, and there may be more. Else 0.
    uint64_t missing;
    // When the last change was made that is in the backup; KEYCASK_NONE if there is none. What was
    // revoked later is to be revoked again.
    int64_t last_change_ms;
    // Number of the last audit entry of the backup: in a copy of the trail that was kept
    // elsewhere, entries with a higher number are of changes that are missing.
    uint64_t last_entry;
    // How many keys were denied something because the original does. The trail of the new store
    // names them.
    uint64_t denied;
    // How many owners likewise.
    uint64_t denied_owners;
    // How many rows of the original are damaged, so that their keys and owners were suspended.
    uint64_t unreadable;
    // Keys in the new store, in whatever state.
    uint64_t keys;
    // Length of its file.
    uint64_t bytes;
    // Where the backup stands.
    keycask_anchor_text backup;
} keycask_restored;

// A key whose token another system made. KEYCASK_IMPORT_SPEC_INIT is active and issued now; a
// spec, and a token or a digest with its scheme, have to be set.
typedef struct {
    // sizeof(keycask_import_spec).
    uint32_t struct_size;
    // The state that it has in the other system: KEYCASK_ACTIVE, ...
    uint32_t state;
    // What the key shall be. Its end may have passed, and its start if the key was issued
    // before that.
    const keycask_spec *spec;
    // The token, if it is known: 4 to KEYCASK_IMPORTED_TOKEN_MAX bytes of visible
    // ASCII without commas, of any shape.
    keycask_text token;
    // Else what the other system keeps of it, in hex or base64.
    keycask_text digest;
    // How that was made: ALGORITHM[:PART][:PLACE=SECRET], such as "sha256", "sanctum" or
    // "hmac-sha256:key=NAME". The secret is named as in import_secrets of keycask_options.
    keycask_text scheme;
    // What stands in the token before the part that the scheme hashes, such as "17|". May be
    // left out.
    keycask_text lead;
    // The last four characters of a token that is not known, for people. May be left out.
    keycask_text last_four;
    // When the other system issued it: KEYCASK_NOW, or a time that has passed.
    int64_t issued_ms;
} keycask_import_spec;

// What became of one key of an import.
typedef struct {
    // The key: the one that was made, or in a dry run would be, under another id; or the one that
    // the store has of this token already. 0 if it was refused.
    uint64_t key;
    // OK, or why it was refused.
    int32_t status;
    // 1 if the store has the key already, from an earlier import or an earlier place in this one;
    // else 0.
    uint32_t known;
} keycask_outcome;

// A function of yours that is told of a key that an import refuses: its line from 1 or, of
// keycask_import(), its place from 0; a status, and why. `context` is what was given beside it.
typedef void (*keycask_refused)(void *context,
                                uint64_t number,
                                int32_t status,
                                const keycask_error *why);

// What is the same for all lines of an import.
typedef struct {
    // sizeof(keycask_lines).
    uint32_t struct_size;
    // The number of the realm.
    uint16_t realm;
    // 0.
    uint16_t zero;
    // The kind of keys whose line names none. May be left out.
    keycask_text kind;
    // The scheme of digests whose line names none. May be left out.
    keycask_text scheme;
} keycask_lines;

// A function of yours that gives the next bytes of a text: it writes up to `cap` of them, which
// is never 0, to `buffer`, and returns how many these are; 0 at the end of the text, and less
// than 0 if it cannot be read. `context` is what was given beside it.
typedef int64_t (*keycask_read)(void *context, char *buffer, size_t cap);

// What became of the lines of an import.
typedef struct {
    // sizeof(keycask_import_report).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // Lines that were read, empty ones left out.
    uint64_t lines;
    // Keys that were imported, or in a dry run would be.
    uint64_t imported;
    // Keys that the store had already.
    uint64_t known;
    // Lines that were refused.
    uint64_t refused;
} keycask_import_report;

// Keys of a realm that came from another system.
typedef struct {
    // sizeof(keycask_imports_info).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // How many there are, in whatever state.
    uint64_t keys;
    // The scheme of the other system's digest by which they are still found; empty if they are
    // found as other keys are, by now or from the beginning.
    keycask_text scheme;
} keycask_imports_info;

// A token of the store's kinds that stands in a text. Never the token itself.
typedef struct {
    // sizeof(keycask_leak) as this version of the library has it.
    uint32_t struct_size;
    // KEYCASK_TO_REVOKE or 0.
    uint32_t flags;
    // The key, if it is one's; else 0.
    uint64_t key;
    // The owner's number, if it is a key's; else 0.
    uint32_t owner;
    // The number of the realm of its kind.
    uint16_t realm;
    // The number of its kind.
    uint16_t kind;
    // What keycask_verify() would return for a request without scopes: KEYCASK_OK if it is live,
    // DENY_UNKNOWN if it is nobody's.
    int32_t status;
    // 0.
    uint32_t zero;
    // Bytes before it, from the beginning of the text.
    uint64_t offset;
    // Its line, from 1.
    uint64_t line;
    // Its first byte's number in that line, from 1.
    uint64_t column;
    // Prefix and last four characters, for people.
    keycask_text hint;
    // Place of the alert in its message, from 1; 0 of a text.
    uint64_t alert;
    // Of an alert: what GitHub calls the kind of secret. May be empty.
    keycask_text alert_kind;
    // Of an alert: where GitHub found it, or shows it. May be empty.
    keycask_text alert_url;
    // Of an alert: what it was found in, such as "content". May be empty.
    keycask_text alert_source;
} keycask_leak;

// A function of yours that is told of a token that was found. What it is given lasts until it
// returns. It returns 0 to go on; else the search ends, and its call returns CONFLICT. `context`
// is what was given beside it.
typedef int32_t (*keycask_found)(void *context, const keycask_leak *leak);

// What a search came to.
typedef struct {
    // sizeof(keycask_leaks).
    uint32_t struct_size;
    // 0.
    uint32_t zero;
    // Bytes that were searched.
    uint64_t bytes;
    // Tokens that were found; one that stands there twice counts twice.
    uint64_t found;
    // Keys that are to be revoked, each once.
    uint64_t keys;
} keycask_leaks;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The name of a status in lower case, as every language has it: "ok", "revoked", "not_found".
// A number that this version does not know is "denied" above 0 and "failed" below.
//
// Static text that ends in a zero byte. It is for logs: to clients every denial but scope and
// rate_limited should look alike.
const char *keycask_status_name(int32_t status);

// Makes a new store in a file at `path` that must not exist yet, and opens it. The file is
// readable and writable by its owner alone, and appears complete or not at all.
//
// Writes the handle to `*out`. It is the caller's until keycask_close().
//
// Fails with ARGUMENT, CONFLICT (something is at `path`), NOT_FOUND (its directory is not
// there), PERMISSION, FULL, IO, RANDOM, INTERNAL.
KEYCASK_MUST_USE
keycask_status keycask_create(const char *path,
                              size_t path_len,
                              const keycask_options *options,
                              keycask_store **out,
                              keycask_error *error);

// Opens the store in the file at `path`. Every row is read and checked.
//
// Writes the handle to `*out`. It is the caller's until keycask_close().
//
// Fails with ARGUMENT, NOT_FOUND, PERMISSION (the file is a link, not a regular file,
// somebody else's, or writable by others), LOCKED, READ_ONLY (it is a backup, or must be
// repaired first), FOREIGN, NEWER, PEPPER (also a secret of another system that keys need),
// ROLLED_BACK, CORRUPT, IO, INTERNAL.
// Whichever it is, the file was not written to.
KEYCASK_MUST_USE
keycask_status keycask_open(const char *path,
                            size_t path_len,
                            const keycask_options *options,
                            keycask_store **out,
                            keycask_error *error);

// Writes what usage was noted, closes the file in order and ends the handle, whatever it
// returns. NULL is OK. No other call on the handle may be going on; one that begins later is
// refused with CLOSED, as is a second close.
//
// In a child of the process that opened the store it leaves the file alone and is OK. After a
// PANIC it writes no usage and no change, and is OK.
//
// Fails with CLOSED, and with FULL, IO, POISONED, INDETERMINATE if the usage could not be
// written.
keycask_status keycask_close(keycask_store *store);

// Makes the realm that the profile `toml` describes, or changes it, in one commit. docs/profile.md
// of the sources has all that can stand in a profile.
//
// `source` names the text in messages: a file's path, 4096 bytes at most. What the new
// profile takes away is enforced before the commit. Applying the same text again changes
// nothing.
//
// Writes the realm's number to `*realm`, which may be NULL. The number stays the same for the
// life of the file and is never 0.
//
// Fails with ARGUMENT, PROFILE, CONFLICT (keys or owners use what the profile no longer
// has), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_realm_apply(const keycask_store *store,
                                   const char *source,
                                   size_t source_len,
                                   const char *toml,
                                   size_t toml_len,
                                   const keycask_actor *by,
                                   uint16_t *realm,
                                   keycask_error *error);

// Says what keycask_realm_apply() would change, and changes nothing: one line a difference,
// for people, without a terminator.
//
// Writes the lines to `text` and their length to `*text_len`; on SPACE the length alone.
//
// Fails with ARGUMENT, PROFILE, CONFLICT, SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_realm_compare(const keycask_store *store,
                                     const char *source,
                                     size_t source_len,
                                     const char *toml,
                                     size_t toml_len,
                                     char *text,
                                     size_t text_cap,
                                     size_t *text_len,
                                     keycask_error *error);

// Writes the number of the realm called `name` to `*realm`. It is never 0.
//
// Fails with ARGUMENT, NOT_FOUND.
KEYCASK_MUST_USE
keycask_status keycask_realm(const keycask_store *store,
                             const char *name,
                             size_t name_len,
                             uint16_t *realm,
                             keycask_error *error);

// Writes the name of a realm to `text`, KEYCASK_NAME_MAX bytes at most, and its length to
// `*text_len`; on SPACE the length alone.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_realm_name(const keycask_store *store,
                                  uint16_t realm,
                                  char *text,
                                  size_t text_cap,
                                  size_t *text_len,
                                  keycask_error *error);

// Writes the names of all kinds, scopes, sets or plans that the profile has to `text`, separated
// by spaces, in its order, and their length to `*text_len`; on SPACE the length alone.
// KEYCASK_SCOPES_TEXT_MAX bytes are always enough. `what` is one of KEYCASK_KINDS, ...
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_realm_names(const keycask_store *store,
                                   uint16_t realm,
                                   uint32_t what,
                                   char *text,
                                   size_t text_cap,
                                   size_t *text_len,
                                   keycask_error *error);

// Writes the numbers of all realms to `realms`, in the order in which they were made, and how
// many there are to `*count`; on SPACE the count alone.
//
// Fails with ARGUMENT, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_realms(const keycask_store *store,
                              uint16_t *realms,
                              size_t realms_cap,
                              size_t *count,
                              keycask_error *error);

// Writes the set of the scopes called `names`, a list separated by spaces, to `*scopes`. Look
// names up once, when your program starts.
//
// Of no name it is the empty set. A spec with it has no scope; a request with it is granted to
// any key. If the names of a request are from a configuration, refuse none.
//
// Fails with ARGUMENT, NOT_FOUND (no such realm, or a name that it does not have).
KEYCASK_MUST_USE
keycask_status keycask_scopes_named(const keycask_store *store,
                                    uint16_t realm,
                                    const char *names,
                                    size_t names_len,
                                    keycask_scopes *scopes,
                                    keycask_error *error);

// Writes the names of `scopes` to `text`, separated by spaces, in the order of their bits, and
// their length to `*text_len`; on SPACE the length alone. Names that the profile no longer
// has are among them; a bit that never was a scope is left out.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_scopes_text(const keycask_store *store,
                                   uint16_t realm,
                                   keycask_scopes scopes,
                                   char *text,
                                   size_t text_cap,
                                   size_t *text_len,
                                   keycask_error *error);

// Describes the scope called `name` in `*out`.
//
// Writes its texts to `text`; KEYCASK_SCOPE_TEXT_MAX bytes are always enough.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_scope(const keycask_store *store,
                             uint16_t realm,
                             const char *name,
                             size_t name_len,
                             keycask_scope_info *out,
                             char *text,
                             size_t text_cap,
                             keycask_error *error);

// Describes the set of scopes that the profile calls `name` in `*out`.
//
// Writes its texts to `text`; KEYCASK_SET_TEXT_MAX bytes are always enough.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_set(const keycask_store *store,
                           uint16_t realm,
                           const char *name,
                           size_t name_len,
                           keycask_set_info *out,
                           char *text,
                           size_t text_cap,
                           keycask_error *error);

// Describes the kind called `name` in `*out`.
//
// Writes its texts to `text`; KEYCASK_KIND_TEXT_MAX bytes are always enough.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_kind(const keycask_store *store,
                            uint16_t realm,
                            const char *name,
                            size_t name_len,
                            keycask_kind_info *out,
                            char *text,
                            size_t text_cap,
                            keycask_error *error);

// Writes the mask of the kinds called `names`, a list separated by spaces, to `*kinds`. The
// mask stays good for the life of the file.
//
// Fails with ARGUMENT, NOT_FOUND (no such realm, or a name that it does not have).
KEYCASK_MUST_USE
keycask_status keycask_kinds_named(const keycask_store *store,
                                   uint16_t realm,
                                   const char *names,
                                   size_t names_len,
                                   uint64_t *kinds,
                                   keycask_error *error);

// Writes the name of the kind with the number `kind`, as a grant has it, to `text`,
// KEYCASK_NAME_MAX bytes at most, and its length to `*text_len`; on SPACE the length alone.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_kind_name(const keycask_store *store,
                                 uint16_t realm,
                                 uint16_t kind,
                                 char *text,
                                 size_t text_cap,
                                 size_t *text_len,
                                 keycask_error *error);

// Describes the plan called `name` in `*out`.
//
// Writes its texts to `text`; KEYCASK_PLAN_TEXT_MAX bytes are always enough.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_plan(const keycask_store *store,
                            uint16_t realm,
                            const char *name,
                            size_t name_len,
                            keycask_plan_info *out,
                            char *text,
                            size_t text_cap,
                            keycask_error *error);

// Describes what a realm allows in `*out`.
//
// Writes its texts to `text`; KEYCASK_POLICY_TEXT_MAX bytes are always enough.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_policy(const keycask_store *store,
                              uint16_t realm,
                              keycask_policy_info *out,
                              char *text,
                              size_t text_cap,
                              keycask_error *error);

// Makes the owner that your application calls `id`, or changes it.
//
// An id has 1 to KEYCASK_OWNER_MAX bytes without control characters. A suspension or the loss
// of a direct scope is enforced before the commit, for all keys of the owner at once. A lower
// plan ends no key.
//
// Fails with ARGUMENT, NOT_FOUND (realm or plan), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_owner_set(const keycask_store *store,
                                 uint16_t realm,
                                 const char *id,
                                 size_t id_len,
                                 const keycask_owner_change *change,
                                 const keycask_actor *by,
                                 keycask_error *error);

// Describes the owner that your application calls `id` in `*out`.
//
// Writes its texts to `text`; KEYCASK_OWNER_TEXT_MAX bytes are always enough.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_owner(const keycask_store *store,
                             uint16_t realm,
                             const char *id,
                             size_t id_len,
                             keycask_owner_info *out,
                             char *text,
                             size_t text_cap,
                             keycask_error *error);

// Lists the owners of a realm, in the byte order of their ids.
//
// Begins after the id `after`; with a length of 0 at the beginning. Writes as many owners to
// `owners` as there are, as there is room for, in number and in text, and as
// KEYCASK_PAGE_MAX allows, and their number to `*count`. The list is over when that is 0. All
// owners have the struct_size of the first.
//
// Fails with ARGUMENT, NOT_FOUND (realm), SPACE (no room for the texts of one owner), IO,
// CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_owners(const keycask_store *store,
                              uint16_t realm,
                              const char *after,
                              size_t after_len,
                              keycask_owner_info *owners,
                              size_t owners_cap,
                              size_t *count,
                              char *text,
                              size_t text_cap,
                              keycask_error *error);

// Writes the id that your application has for the owner with the number `owner`, as a grant or
// a change has it, to `text`, KEYCASK_OWNER_MAX bytes at most, and its length to `*text_len`; on
// SPACE the length alone. Writes the number of its realm to `*realm`, which may be NULL.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_owner_id(const keycask_store *store,
                                uint32_t owner,
                                uint16_t *realm,
                                char *text,
                                size_t text_cap,
                                size_t *text_len,
                                keycask_error *error);

// Issues a key. On OK it is durable, and every verify that begins later finds it.
//
// Writes the key's id to `*key`, its token to `token`, and the token's length to
// `*token_len`. The token is the secret: hand it to its owner and wipe your copy. Unless its
// kind can be revealed, no later call gives it again. `token_cap` is at least
// KEYCASK_TOKEN_MAX, or the call does nothing and is refused with SPACE.
//
// Fails with ARGUMENT, NOT_FOUND (realm, kind or owner), CAP, SPACE, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_issue(const keycask_store *store,
                             const keycask_spec *spec,
                             const keycask_actor *by,
                             char *token,
                             size_t token_cap,
                             size_t *token_len,
                             uint64_t *key,
                             keycask_error *error);

// Issues a key for each of `count` specs, 1 to KEYCASK_MANY_MAX, in one commit: all of them or,
// if one is refused, none. All holds as if they were issued one after another.
//
// Writes the key and the token of spec i to `issued[i]`, which points into `tokens`. All issued
// have the struct_size of the first, as have all specs. `tokens_cap` is at least `count` times
// KEYCASK_TOKEN_MAX, or the call does nothing and is refused with SPACE. Wipe it in the end.
//
// Fails as keycask_issue() does; the message about a spec begins with its place from 0, as in
// "spec 3: ".
KEYCASK_MUST_USE
keycask_status keycask_issue_many(const keycask_store *store,
                                  const keycask_spec *specs,
                                  size_t count,
                                  const keycask_actor *by,
                                  keycask_issued *issued,
                                  char *tokens,
                                  size_t tokens_cap,
                                  keycask_error *error);

// Whether `token` may do what `request` needs in `realm`.
//
// Decides from memory: it reads no file, allocates nothing, does not wait for a writer and
// keeps nothing of `token`; but for a key with a quota, which waits for a commit that takes
// credits from the file when too few of them are in memory. Once a call that revokes, suspends
// or narrows a key has returned, no verify that begins after it grants what was taken away.
// Rates and the quota are charged last, so a denial charges nothing.
//
// Writes `*grant` on OK and `*denial` on a denial. Both may be NULL.
//
// Denies with any reason from MALFORMED to OTHER. Fails with ARGUMENT, NOT_FOUND (no such
// realm), FORKED, PANIC, CLOSED.
KEYCASK_MUST_USE
keycask_status keycask_verify(const keycask_store *store,
                              uint16_t realm,
                              const char *token,
                              size_t token_len,
                              const keycask_request *request,
                              keycask_grant *grant,
                              keycask_denial *denial);

// Decides about `count` tokens, each as keycask_verify() does, with the same request. Of 0 it is
// OK. Faster a token: while one waits for memory, others are hashed.
//
// Writes the status of token i to `statuses[i]` and its grant to `grants[i]` or its denial to
// `denials[i]`, of which the other stays as it is. Both may be NULL. All grants have the
// struct_size of the first, and all denials that of theirs.
//
// Returns OK only if every token is granted, or else the status of the first that is not.
// On a failure (below 0) nothing was written; or, where it came after tokens that were decided
// already, it is the status of every token, and no grant and no denial is to be used.
//
// Denies with any reason from MALFORMED to OTHER. Fails with ARGUMENT, NOT_FOUND (no such
// realm), FORKED, PANIC, CLOSED.
KEYCASK_MUST_USE
keycask_status keycask_verify_many(const keycask_store *store,
                                   uint16_t realm,
                                   const keycask_text *tokens,
                                   size_t count,
                                   const keycask_request *request,
                                   int32_t *statuses,
                                   keycask_grant *grants,
                                   keycask_denial *denials);

// Decides about a request from its method and header fields, and renders the profile's answer.
//
// The token is taken from where the profile says it is presented. The request needs what
// `request` asks for and the scope that the profile has for its method.
//
// Writes `*answer`, whose texts point into `text`, and the length of the texts to `*text_len`,
// on OK and on a denial. Writes `*grant` on OK and `*denial` on a denial; both may be NULL.
// On SPACE it writes `*text_len` alone: nothing was granted, though rates were charged. 32 KiB
// are enough for most profiles, with eight bytes more for each of `method` and `request_id`, which
// an answer may quote.
//
// Denies with any reason. Fails with ARGUMENT, NOT_FOUND (no such realm), SPACE, FORKED, PANIC,
// CLOSED.
KEYCASK_MUST_USE
keycask_status keycask_present(const keycask_store *store,
                               uint16_t realm,
                               const keycask_http *http,
                               const keycask_request *request,
                               keycask_answer *answer,
                               char *text,
                               size_t text_cap,
                               size_t *text_len,
                               keycask_grant *grant,
                               keycask_denial *denial);

// Gives the text behind a grant, from memory.
//
// Writes the texts to `text` and `*out`, which points into it; KEYCASK_DESCRIPTION_TEXT_MAX
// bytes are always enough.
//
// Fails with ARGUMENT, NOT_FOUND (a grant of another store), SPACE.
KEYCASK_MUST_USE
keycask_status keycask_describe(const keycask_store *store,
                                const keycask_grant *grant,
                                keycask_description *out,
                                char *text,
                                size_t text_cap,
                                keycask_error *error);

// Says what keycask_verify() would decide, or, if `method` has a length, keycask_present() for
// a request of that method, and every check on the way, passed or not. It charges nothing. It
// is for people who look into a refusal; OK does not mean granted.
//
// Writes the checks, in the order in which they decide, to `checks`, their number to `*count`,
// their texts to `text`, and `*out`. KEYCASK_CHECKS_MAX places and
// KEYCASK_EXPLANATION_TEXT_MAX bytes are always enough. All checks have the struct_size of
// the first.
//
// Fails with ARGUMENT, NOT_FOUND (no such realm), SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_explain(const keycask_store *store,
                               uint16_t realm,
                               const char *token,
                               size_t token_len,
                               const char *method,
                               size_t method_len,
                               const keycask_request *request,
                               keycask_explanation *out,
                               keycask_check_info *checks,
                               size_t checks_cap,
                               size_t *count,
                               char *text,
                               size_t text_cap,
                               keycask_error *error);

// Describes a key in `*out`.
//
// Writes its texts to `text`; KEYCASK_KEY_TEXT_MAX bytes are always enough.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_key(const keycask_store *store,
                           uint64_t key,
                           keycask_key_info *out,
                           char *text,
                           size_t text_cap,
                           keycask_error *error);

// Writes the text of a key id, such as key_01ARZ3NDEKTSV, which may be logged and shown, to
// `text`: KEYCASK_KEY_ID_LEN bytes, without a terminator. `text_cap` is at least that.
//
// Fails with ARGUMENT, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_key_id_text(uint64_t key,
                                   char *text,
                                   size_t text_cap,
                                   keycask_error *error);

// Writes the key id that `text` spells, byte for byte, to `*key`. Whether there is such a key
// is not looked up.
//
// Fails with ARGUMENT.
KEYCASK_MUST_USE
keycask_status keycask_key_id_parse(const char *text,
                                    size_t text_len,
                                    uint64_t *key,
                                    keycask_error *error);

// Lists the keys that `filter` selects, in its order, from `after` on.
//
// Writes as many keys to `keys` as there are, as there is room for, in number and in text, and
// as KEYCASK_PAGE_MAX allows; their number to `*count`; and to `*next` where the next page
// begins: the list is over when its len is 0, and not before, though a page may have no key,
// since one call reads 10,000 rows at most. All keys have the struct_size of the first.
//
// Pages are stable: a key that the filter selects all the while, and whose place does not
// change, is on exactly one. By key no place changes, and what is issued meanwhile is on a
// later page. By end a place changes with the key's end, and when it is revoked.
//
// Fails with ARGUMENT (also a cursor of another order, and a question about use in a realm that
// keeps none), NOT_FOUND (realm, kind or owner), SPACE (no room for the texts of one key), IO,
// CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_list(const keycask_store *store,
                            const keycask_filter *filter,
                            const keycask_cursor *after,
                            keycask_key_info *keys,
                            size_t keys_cap,
                            size_t *count,
                            keycask_cursor *next,
                            char *text,
                            size_t text_cap,
                            keycask_error *error);

// Counts the keys that `filter` selects, as of one moment, and writes their number to `*count`.
// It reads the row of every key that may be selected: of a million, for seconds.
//
// Fails with ARGUMENT, NOT_FOUND (realm, kind or owner), IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_count(const keycask_store *store,
                             const keycask_filter *filter,
                             uint64_t *count,
                             keycask_error *error);

// Counts the keys of each kind, as of one moment: one struct for every kind of every realm, also
// if it has no key, in the order in which kinds were made. It reads the row of every key: of a
// million, for seconds.
//
// Writes all to `counts`, and their number to `*count`; on SPACE `*count` alone. All have the
// struct_size of the first.
//
// Fails with ARGUMENT, SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_count_by_kind(const keycask_store *store,
                                     keycask_kind_count *counts,
                                     size_t counts_cap,
                                     size_t *count,
                                     keycask_error *error);

// Pauses a key: it is refused until it is resumed. It is refused before the change is on its
// way to the disk. Suspending a suspended key changes nothing.
//
// Fails with ARGUMENT, NOT_FOUND, CONFLICT (it is revoked, or its profile does not allow
// suspending), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_suspend(const keycask_store *store,
                               uint64_t key,
                               const keycask_actor *by,
                               keycask_error *error);

// Ends the pause of a suspended key. Resuming an active key changes nothing.
//
// Fails with ARGUMENT, NOT_FOUND, CONFLICT (it is revoked), CAP, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_resume(const keycask_store *store,
                              uint64_t key,
                              const keycask_actor *by,
                              keycask_error *error);

// Ends a key for good. Once it returns OK, no thread is granted the key again. If it returns
// INDETERMINATE, the key stays refused until the store is opened again, which tells whether
// it is revoked. After another failure, such as FULL or CORRUPT, the key is granted as before:
// turn it away yourself until a revocation is OK. Revoking a revoked key changes nothing.
//
// Fails with ARGUMENT, NOT_FOUND, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_revoke(const keycask_store *store,
                              uint64_t key,
                              const keycask_actor *by,
                              keycask_error *error);

// Ends all of `keys` for good or, if there is one that this store has not, none. `count` is 0,
// which changes nothing, to KEYCASK_MANY_MAX. It is keycask_end_many() of keys that are named:
// all are refused before the change is on its way to the disk, and a thousand share a commit.
//
// Fails with ARGUMENT, NOT_FOUND, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_revoke_many(const keycask_store *store,
                                   const uint64_t *keys,
                                   size_t count,
                                   const keycask_actor *by,
                                   keycask_error *error);

// Revokes the keys that `filter` selects, any number of them, as one operation. `how` is
// KEYCASK_END_REVOKE or KEYCASK_END_GRACE. The filter has a condition, a realm if nothing
// else, and no hint.
//
// All of them are refused before the first is on its way to the disk, and stay so. They are
// then written a thousand a commit, and other writers have their turn between any two. A key
// that is issued meanwhile is met at the end and revoked too, if it is selected. If it fails
// half-way, the message says how many keys were revoked; they stay revoked, and asking again
// goes on with the others.
//
// Writes how many it revoked to `*count`, which may be NULL; of an operation that was done
// before, all in all.
//
// Fails with ARGUMENT, NOT_FOUND (realm, kind, owner, key or lineage), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_end_many(const keycask_store *store,
                                uint32_t how,
                                const keycask_filter *filter,
                                const keycask_actor *by,
                                uint64_t *count,
                                keycask_error *error);

// Says what keycask_end_many() would do at this moment, and changes nothing. A store that is
// read-only may be asked, too.
//
// Writes how many keys it would revoke to `*count`, and to `first` the first of them by key
// id: as many as there are, as there is room for, and as KEYCASK_DRY_RUN_MAX allows. What is
// left of `first` is set to 0. It may be NULL with a capacity of 0.
//
// Fails with ARGUMENT, NOT_FOUND (realm, kind, owner, key or lineage), IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_dry_run(const keycask_store *store,
                               uint32_t how,
                               const keycask_filter *filter,
                               uint64_t *count,
                               uint64_t *first,
                               size_t first_cap,
                               keycask_error *error);

// Revokes the key whose token this is, as its holder asks, who found it in a log perhaps. It is
// refused before anything is read, whether it would be granted or not: a suspended or expired
// key is revoked too, and a revoked one stays as it is. The audit trail names `holder` as the
// actor. `reason` has 256 bytes at most, without control characters, and may be empty.
//
// Writes the key to `*key`, which may be NULL.
//
// Denies with MALFORMED, UNKNOWN: the token is nobody's. Fails with ARGUMENT, NOT_FOUND (no such
// realm), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_revoke_presented(const keycask_store *store,
                                        uint16_t realm,
                                        const char *token,
                                        size_t token_len,
                                        const char *reason,
                                        size_t reason_len,
                                        uint64_t *key,
                                        keycask_error *error);

// Changes a key's name, metadata, end, scopes, networks or idle span, or the quota and the
// credits of its lineage. What is taken away is enforced before the commit, what is added
// after it.
//
// Fails with ARGUMENT, NOT_FOUND, CONFLICT (it is revoked, was rotated and would outlive its
// grace, or has no quota whose credits could be changed), CAP (a later end makes it active
// again and there is no place for it), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_update(const keycask_store *store,
                              uint64_t key,
                              const keycask_key_change *change,
                              const keycask_actor *by,
                              keycask_error *error);

// Replaces a key by a successor with the same scopes, owner, name, metadata and limits.
//
// Without grace the old key is revoked in the same commit. A predecessor of it that still
// lived on in a grace of its own is revoked too, so that a lineage has two live keys at most.
//
// Writes the successor's id to `*successor`, its token to `token`, and the token's length to
// `*token_len`, as keycask_issue() does. `token_cap` is at least KEYCASK_TOKEN_MAX, or the
// call does nothing and is refused with SPACE.
//
// Fails with ARGUMENT, NOT_FOUND, CONFLICT (the key is not active, has expired, or was
// rotated), SPACE, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_rotate(const keycask_store *store,
                              uint64_t key,
                              const keycask_rotation *rotation,
                              const keycask_actor *by,
                              char *token,
                              size_t token_cap,
                              size_t *token_len,
                              uint64_t *successor,
                              keycask_error *error);

// Gives the token of a key whose kind keeps a sealed copy. The audit trail records it before
// the token is given.
//
// Writes the token to `token` and its length to `*token_len`. `token_cap` is at least
// KEYCASK_IMPORTED_TOKEN_MAX, or the call does nothing and is refused with SPACE.
//
// Fails with ARGUMENT (also without a sealing key), NOT_FOUND, CONFLICT (its kind keeps no
// copy, or the copy went with a revocation or rotation), PEPPER (another key sealed it),
// SPACE, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_reveal(const keycask_store *store,
                              uint64_t key,
                              const keycask_actor *by,
                              char *token,
                              size_t token_cap,
                              size_t *token_len,
                              keycask_error *error);

// Seals every copy that `old` sealed under the sealing key that the store was opened with, in
// one commit. `old_len` is KEYCASK_SECRET_LEN.
//
// Writes how many there were to `*count`, which may be NULL.
//
// Fails with ARGUMENT, PEPPER (a copy was sealed by neither), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_change_sealing_key(const keycask_store *store,
                                          const uint8_t *old,
                                          size_t old_len,
                                          const keycask_actor *by,
                                          uint64_t *count,
                                          keycask_error *error);

// Says whether the call that named its operation `id` was done, in `*out`. After INDETERMINATE,
// once the store is opened again, that tells; so does making the call again.
//
// Operations are known as long as their commits are in the log.
//
// Fails with ARGUMENT, NOT_FOUND (none of this name was done, as far as is known), CONFLICT (it is
// several commits, and some are missing: make the call again), IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_operation(const keycask_store *store,
                                 const char *id,
                                 size_t id_len,
                                 keycask_operation_info *out,
                                 keycask_error *error);

// Reads the audit trail: the entries that `filter` selects with numbers over `after`, in
// order.
//
// Writes as many entries to `entries` as there are, as there is room for, in number and in
// text, and as KEYCASK_PAGE_MAX allows, their number to `*count`, and to `*page` where to go
// on. A page may have fewer entries, or none, and more to come all the same: one call reads
// 10,000 at most. All entries have the struct_size of the first. On SPACE, when there is no
// room for the texts of one entry, `*count` alone is written: how many bytes are enough. Most
// entries have some hundred bytes of text, so that 64 KiB hold a hundred and more.
//
// Fails with ARGUMENT, SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_audit(const keycask_store *store,
                             const keycask_audit_filter *filter,
                             uint64_t after,
                             keycask_audit_entry *entries,
                             size_t entries_cap,
                             size_t *count,
                             keycask_audit_page *page,
                             char *text,
                             size_t text_cap,
                             keycask_error *error);

// Writes the entries that keycask_audit() would read as lines for other programs, each with a
// LF at its end. `format` is KEYCASK_JSON or KEYCASK_OCSF.
//
// Writes as many lines to `text` as there are, as there is room for, and as KEYCASK_PAGE_MAX
// allows, their length to `*text_len`, and to `*page` where to go on. On SPACE, when there is
// no room for one line, `*text_len` alone is written: how many bytes are enough. Most lines have
// under 1 KiB.
//
// Fails with ARGUMENT, SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_audit_export(const keycask_store *store,
                                    const keycask_audit_filter *filter,
                                    uint64_t after,
                                    uint32_t format,
                                    char *text,
                                    size_t text_cap,
                                    size_t *text_len,
                                    keycask_audit_page *page,
                                    keycask_error *error);

// Checks the audit trail alone: that no entry is missing at either end or between, altered, or
// in another's place. Writes which entries there are to `*out`.
//
// Fails with ARGUMENT, CORRUPT or NEWER, naming the first entry that is wrong; IO.
KEYCASK_MUST_USE
keycask_status keycask_audit_check(const keycask_store *store,
                                   keycask_audit_span *out,
                                   keycask_error *error);

// Takes the oldest entries out of the audit trail, 10,000 at most, in one commit. `what` is one
// of KEYCASK_TRIM_..., which says what `bound` is: milliseconds since 1970, or a number.
//
// Numbers stay, and that it was done is an entry, too. Entries that are to go are checked
// before, and a trail that was altered loses nothing.
//
// Writes how many it took out to `*count`, and 1 to `*more` if there are more to go, else 0;
// both may be NULL.
//
// Fails with ARGUMENT, CORRUPT (one of them is damaged or missing), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_audit_trim(const keycask_store *store,
                                  uint32_t what,
                                  uint64_t bound,
                                  const keycask_actor *by,
                                  uint64_t *count,
                                  uint32_t *more,
                                  keycask_error *error);

// Writes where the feed of changes begins and ends now. Who follows from `*oldest` is given
// every commit that the log still has; who has just read the whole store follows from
// `*newest`. Either may be NULL.
//
// Fails with ARGUMENT, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_feed(const keycask_store *store,
                            keycask_feed_cursor *oldest,
                            keycask_feed_cursor *newest,
                            keycask_error *error);

// Reads the log: what the commits after `since` changed, in order and without a gap. What was
// done, by whom and why is in the entries of keycask_audit() that have the commit's seq.
//
// Writes whole commits to `changes`, as many as there is room for, how many changes that are
// to `*count`, and the last commit among them to `*reached`, from which to go on; if there is
// none after `since`, 0 and `since`: you have come to the end once its seq is that of `since`, and
// not before, though `*count` may be 0. Nobody is woken: ask again after a while. All changes have
// the struct_size of the first. On SPACE, when there is no room for one commit, `*count` alone
// is written: how many changes it has.
//
// A store that is read-only is told of what the writer committed, though its decisions are not.
//
// Fails with ARGUMENT, GONE (read everything anew, and follow from `*newest` of keycask_feed():
// the message begins with `other_store`, it was restored from a backup; `trimmed`, the log no
// longer reaches back that far; or `ahead`, an older copy of the file was put in its place),
// MOVED (open the store again, and go on from `since`), SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_changes(const keycask_store *store,
                               const keycask_feed_cursor *since,
                               keycask_changed *changes,
                               size_t changes_cap,
                               size_t *count,
                               keycask_feed_cursor *reached,
                               keycask_error *error);

// Takes decisions that were kept, the oldest first: those that the options chose. They are
// given once. They wait in memory, 8,192 at most, and while half as many do no more of those that
// are of no key; later ones are then counted and not kept.
//
// Writes as many to `decisions` as there are and as there is room for, their number to
// `*count`, and how many more were not kept, since this was last asked, to `*lost`, which may
// be NULL. All decisions have the struct_size of the first.
//
// Fails with ARGUMENT.
KEYCASK_MUST_USE
keycask_status keycask_decisions(const keycask_store *store,
                                 keycask_decision *decisions,
                                 size_t decisions_cap,
                                 size_t *count,
                                 uint64_t *lost,
                                 keycask_error *error);

// Takes decisions that were kept, a thousand at most, and puts them into the audit trail as
// one entry. A trail that takes every denial grows as fast as somebody who has no key likes.
// If the commit fails they are gone.
//
// Writes how many there were to `*count`, which may be NULL; with none there is no entry.
//
// Fails with ARGUMENT, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_audit_decisions(const keycask_store *store,
                                       const keycask_actor *by,
                                       uint64_t *count,
                                       keycask_error *error);

// Writes how many decisions came to which outcome to `*out`. keycask_explain() does not decide.
//
// Fails with ARGUMENT.
KEYCASK_MUST_USE
keycask_status keycask_decision_counts(const keycask_store *store,
                                       keycask_counts *out,
                                       keycask_error *error);

// Reads what was found in the use of keys since the store was opened, the oldest first: one for
// each pattern of each key. The options say what is looked for.
//
// Writes all findings to `findings`, which may be up to KEYCASK_FINDINGS_MAX, their number to
// `*count`, their texts to `text`, and to `*lost`, which may be NULL, how much was left out for
// want of room in the library. Of text, KEYCASK_FINDING_TEXT_MAX bytes a finding are always
// enough. All findings have the struct_size of the first. On SPACE `*count` alone is written.
//
// Fails with ARGUMENT, SPACE, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_findings(const keycask_store *store,
                                keycask_finding *findings,
                                size_t findings_cap,
                                size_t *count,
                                uint64_t *lost,
                                char *text,
                                size_t text_cap,
                                keycask_error *error);

// Puts what was found and not told yet into the audit trail, an entry each, and so into the
// feed. What goes on is told again a day later.
//
// Writes how many entries there are to `*count`, which may be NULL.
//
// Fails with ARGUMENT, and those of a write: it is told with the next call then.
KEYCASK_MUST_USE
keycask_status keycask_tell_findings(const keycask_store *store,
                                     const keycask_actor *by,
                                     uint64_t *count,
                                     keycask_error *error);

// Writes figures of the store to `*out`.
//
// Fails with ARGUMENT, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_stats(const keycask_store *store,
                             keycask_stats_info *out,
                             keycask_error *error);

// Checks the whole file: every row, each index against the rows, the log, and the chain of
// the audit trail. Takes as long as reading the file does.
//
// Fails with CORRUPT or NEWER, naming the first row that is wrong; IO.
KEYCASK_MUST_USE keycask_status keycask_check(const keycask_store *store, keycask_error *error);

// Takes out keys that expired or were revoked longer ago than their profile retains them,
// `limit` at most (1 to 10,000), in one commit. Decisions do not depend on it.
//
// Writes how many it took out to `*count`, and 1 to `*more` if there may be more, else 0; both
// may be NULL.
//
// Fails with ARGUMENT, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_sweep(const keycask_store *store,
                             size_t limit,
                             const keycask_actor *by,
                             uint64_t *count,
                             uint32_t *more,
                             keycask_error *error);

// Sweeps until nothing is left to take out, a thousand keys a commit. Other writers have their
// turn between any two.
//
// Writes how many keys it took out to `*count`, which may be NULL.
//
// Fails with ARGUMENT (also if `by` names an operation, which is one commit), and those of a
// write: what was taken out before stays so.
KEYCASK_MUST_USE
keycask_status keycask_sweep_all(const keycask_store *store,
                                 const keycask_actor *by,
                                 uint64_t *count,
                                 keycask_error *error);

// Writes the file anew in the order of its keys, so that it is as short as it can be, and puts
// it in the place of the old one in one step. It needs room for both. Deciding and reading go
// on; writers wait until it is over, a second or so for 100,000 keys. Whoever has the store open
// read-only goes on with the old file, which no longer changes.
//
// Writes the lengths of the old file and of the new one in bytes to `*before` and `*after`; both
// may be NULL.
//
// Fails with CONFLICT (another file has the store's name by now), PERMISSION, CORRUPT, and those
// of a write. Unless it is INDETERMINATE, the old file is in its place and the store goes on.
KEYCASK_MUST_USE
keycask_status keycask_compact(const keycask_store *store,
                               uint64_t *before,
                               uint64_t *after,
                               keycask_error *error);

// Writes when keys were last used, as far as it is not written; takes more credits from the file
// where they are low; and does what keycask_rehash() does. A commit writes last uses once a
// minute, and keycask_close() does it all. A service that seldom writes calls it now and then.
//
// Fails with those of a write, but not with READ_ONLY or UNCONFIRMED: then there is nothing to
// do.
KEYCASK_MUST_USE keycask_status keycask_flush(const keycask_store *store, keycask_error *error);

// Makes the clock's reading the present, though a commit has recorded a later one. For the
// operator of a machine whose clock was wrong and has been set right. If the reading is earlier, a
// key that gave up its place under a cap as it seemed to have expired takes one again, also beyond
// the cap, and credits are refilled no later than if their quota was given now: for that all keys
// are read, while other writers wait.
//
// Writes the present to `*now_ms`, which may be NULL.
//
// Fails with ARGUMENT, and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_reset_clock(const keycask_store *store,
                                   const keycask_actor *by,
                                   int64_t *now_ms,
                                   keycask_error *error);

// Moves the clock of a store that was opened with a clock_ms of its own. Time does not go
// back by it: a key that has expired stays so.
//
// Fails with ARGUMENT (not a time, or the store goes by the machine's clock).
KEYCASK_MUST_USE
keycask_status keycask_set_clock(const keycask_store *store,
                                 int64_t now_ms,
                                 keycask_error *error);

// Makes `pepper` the store's pepper. The one that was is kept beside it until
// keycask_retire_pepper(): from now on the store opens with both, the other as previous_pepper.
// `pepper_len` is KEYCASK_SECRET_LEN.
//
// Each key comes over with the first keycask_flush() after it was next verified, and nobody who
// holds a token sees a difference. To rotate to the pepper that there is changes nothing. A store
// without a pepper is given one so.
//
// Fails with ARGUMENT (also if `by` names an operation: there is no need), CONFLICT (the pepper
// before is not retired), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_rotate_pepper(const keycask_store *store,
                                     const uint8_t *pepper,
                                     size_t pepper_len,
                                     const keycask_actor *by,
                                     keycask_error *error);

// Writes where the store is with the rotation of its pepper to `*out`. While there is one before
// the present one, every key is read.
//
// Fails with ARGUMENT, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_pepper(const keycask_store *store,
                              keycask_pepper_info *out,
                              keycask_error *error);

// Ends the pepper before the present one, and revokes the keys that are left on it: those that
// were not verified since the rotation. keycask_pepper() says beforehand how many there are.
//
// A commit revokes a thousand keys, and the pepper ends with the last; if that is cut off, call
// again. Writes how many were revoked to `*count`, which may be NULL.
//
// Fails with ARGUMENT (also if `by` names an operation, which is one commit), CONFLICT (there is
// no pepper before the present one), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_retire_pepper(const keycask_store *store,
                                     const keycask_actor *by,
                                     uint64_t *count,
                                     keycask_error *error);

// Writes, for each key that was verified by an older digest of its token, the digest that new
// keys have: by that of another system, since it was imported, or by that under the pepper
// before. keycask_flush() and keycask_close() do it too.
//
// Writes how many there were, a few thousand at most, to `*count`, which may be NULL.
//
// Fails with those of a write, but not with READ_ONLY or UNCONFIRMED: then there is nothing to do.
KEYCASK_MUST_USE
keycask_status keycask_rehash(const keycask_store *store,
                              uint64_t *count,
                              keycask_error *error);

// Writes where the store stands to `*anchor`.
//
// Fails with ARGUMENT, IO, CORRUPT.
KEYCASK_MUST_USE
keycask_status keycask_anchor(const keycask_store *store,
                              keycask_anchor_text *anchor,
                              keycask_error *error);

// Writes the store, as it is at one moment of the call, to a new file at `path`, which must not
// exist. Others go on to verify and to write meanwhile.
//
// The file is readable by its owner alone, appears complete or not at all, and was read back and
// checked. It needs the store's pepper. It can be opened read-only, and keycask_restore() makes a
// store of it. It has no log.
//
// Writes `*out`.
//
// Fails with ARGUMENT, CONFLICT (something is at `path`), NOT_FOUND (its directory is not there),
// PERMISSION, FULL, IO, RANDOM, CORRUPT (a row of the store is damaged).
KEYCASK_MUST_USE
keycask_status keycask_backup(const keycask_store *store,
                              const char *path,
                              size_t path_len,
                              keycask_backup_info *out,
                              keycask_error *error);

// Makes a new store at `path`, which must not exist, from the backup in the file at `backup`,
// and does not open it.
//
// The backup is checked completely before. The new store has an id of its own, the tokens of the
// old one, and its audit trail goes on. It can be opened, and verifies and lists; it refuses
// changes with UNCONFIRMED until keycask_confirm_restore(), since what was revoked after the
// backup was made is not revoked in it.
//
// `options` has the pepper of the old store; its flags and min_seq mean nothing here. Writes
// `*out`.
//
// Fails with ARGUMENT, CONFLICT (something is at `path`; the anchor or the original is of another
// store than the backup, or of another history, or the original is older), and with what
// keycask_open() refuses a file with, for the backup and the original; FULL, IO, RANDOM.
KEYCASK_MUST_USE
keycask_status keycask_restore(const char *backup,
                               size_t backup_len,
                               const char *path,
                               size_t path_len,
                               const keycask_options *options,
                               const keycask_restoring *restoring,
                               const keycask_actor *by,
                               keycask_restored *out,
                               keycask_error *error);

// Lets a store that was restored take changes: you have seen to what was revoked since the
// backup, or will.
//
// Fails with ARGUMENT, CONFLICT (the store waits for no such thing), and those of a write.
KEYCASK_MUST_USE
keycask_status keycask_confirm_restore(const keycask_store *store,
                                       const keycask_actor *by,
                                       keycask_error *error);

// Takes in `count` keys, 1 to KEYCASK_MANY_MAX, whose tokens another system made, in one commit:
// all of them or, if one is refused and `flags` do not have KEYCASK_IMPORT_SKIP_REFUSED, none.
// Their holders keep their tokens. Importing the same keys again changes nothing.
//
// `flags` are KEYCASK_IMPORT_..., or 0. All imports have the struct_size of the first. An import
// with another is no refused key: the call fails, as for what is wrong with the store.
//
// Writes what became of import i to `outcomes[i]`, and tells `refused`, which may be NULL, why a
// key was left out.
//
// Fails, for the first that is refused and with its place from 0 in the message, with NOT_FOUND
// (realm, kind, owner, scope or secret), ARGUMENT, CAP, CONFLICT (its token is another key's);
// with ARGUMENT also if `by` names an operation: there is no need; and with those of a write.
KEYCASK_MUST_USE
keycask_status keycask_import(const keycask_store *store,
                              const keycask_import_spec *imports,
                              size_t count,
                              uint32_t flags,
                              const keycask_actor *by,
                              keycask_outcome *outcomes,
                              keycask_refused refused,
                              void *context,
                              keycask_error *error);

// Imports the key of each line that `read` gives: a JSON object such as {"owner": "ann",
// "digest": "2cf2...", "scheme": "sha256"}; docs/import.md has all its members.
//
// Up to KEYCASK_MANY_MAX lines, or 4 MiB of them, are one commit, as keycask_import() does it,
// and no more are in memory. `refused`, which may be NULL, is told of each line that is refused.
// If `flags` do not have KEYCASK_IMPORT_SKIP_REFUSED, the lines of the first commit with such a
// one are not imported, and nothing after them; what was imported before stays, and the same
// lines can be given again.
//
// `context` goes to both functions. Writes `*report`.
//
// Fails as keycask_import() does, with the number of the line in the message, and with IO if
// `read` fails. If keys of earlier lines were imported, the message says how many.
KEYCASK_MUST_USE
keycask_status keycask_import_lines(const keycask_store *store,
                                    const keycask_lines *lines,
                                    keycask_read read,
                                    uint32_t flags,
                                    const keycask_actor *by,
                                    keycask_refused refused,
                                    void *context,
                                    keycask_import_report *report,
                                    keycask_error *error);

// Says how many keys of a realm came from another system, by the scheme by which they are still
// found. Once no key is left on a scheme that has a secret, the store opens without that secret.
//
// Writes them to `imports`, how many rows that are to `*count`, and their texts to `text`.
// KEYCASK_IMPORTS_MAX places and KEYCASK_IMPORTS_TEXT_MAX bytes are always enough. All have the
// struct_size of the first.
//
// Fails with ARGUMENT, NOT_FOUND, SPACE.
KEYCASK_MUST_USE
keycask_status keycask_imports(const keycask_store *store,
                               uint16_t realm,
                               keycask_imports_info *imports,
                               size_t imports_cap,
                               size_t *count,
                               char *text,
                               size_t text_cap,
                               keycask_error *error);

// Reads the text that `read` gives to its end, and tells `found` of each token in it that
// belongs to a kind of this store, of whatever realm, and of which key it is.
// keycask_revoke_many() ends those keys.
//
// The text is not trusted and may be of any bytes and any length: the search takes 128 KiB of
// memory and a time that grows as its length. It leaves no trace: no rate, quota, count or last
// use.
//
// `context` goes to both functions. Writes `*out`.
//
// Fails with ARGUMENT, IO (`read` fails), CONFLICT (`found` ended the search).
KEYCASK_MUST_USE
keycask_status keycask_leaked(const keycask_store *store,
                              keycask_read read,
                              keycask_found found,
                              void *context,
                              keycask_leaks *out,
                              keycask_error *error);

// The same in the secrets of a message of GitHub's secret scanning, which is JSON: one to a
// partner, or alerts as the REST API has them. It is read to its end, 32 MiB at most, before
// anything is told. Places count within a secret.
//
// Fails as keycask_leaked() does, and with ARGUMENT for what is no such message: as GitHub's
// webhooks, which leave the secret out.
KEYCASK_MUST_USE
keycask_status keycask_leaked_alerts(const keycask_store *store,
                                     keycask_read read,
                                     keycask_found found,
                                     void *context,
                                     keycask_leaks *out,
                                     keycask_error *error);

// Writes rules by which another scanner finds the tokens of a realm, or with 0 of all realms, to
// `text`: KEYCASK_GITLEAKS, ... says for which. Their length goes to `*text_len`; on SPACE the
// length alone.
//
// Fails with ARGUMENT, NOT_FOUND (realm), SPACE.
KEYCASK_MUST_USE
keycask_status keycask_rules(const keycask_store *store,
                             uint16_t realm,
                             uint32_t format,
                             char *text,
                             size_t text_cap,
                             size_t *text_len,
                             keycask_error *error);

// The number of the library's ABI. A program that loads the library by itself compares it
// with the KEYCASK_ABI that it was built with, and goes on only if they are equal.
uint32_t keycask_abi(void);

// The library's version, such as "1.2.3". Static text that ends in a zero byte.
const char *keycask_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* KEYCASK_H */

// What the structs begin as. A constant needs no call, so they are initializers.

#define KEYCASK_ERROR_INIT {sizeof(keycask_error), 0, {0}}
#define KEYCASK_OPTIONS_INIT \
    {sizeof(keycask_options), 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, \
     NULL, 0, 0}
#define KEYCASK_PATTERNS_INIT \
    {sizeof(keycask_patterns), 0, KEYCASK_DEFAULT, KEYCASK_DEFAULT, KEYCASK_DEFAULT}
#define KEYCASK_ACTOR_INIT {sizeof(keycask_actor), 0, {NULL, 0}, {NULL, 0}, {NULL, 0}}
#define KEYCASK_SCOPE_INFO_INIT \
    {sizeof(keycask_scope_info), 0, {0, 0}, {0, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}}
#define KEYCASK_SET_INFO_INIT {sizeof(keycask_set_info), 0, {0, 0}, {NULL, 0}, {NULL, 0}}
#define KEYCASK_KIND_INFO_INIT \
    {sizeof(keycask_kind_info), 0, 0, 0, 0, 0, 0, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}}
#define KEYCASK_PLAN_INFO_INIT \
    {sizeof(keycask_plan_info), 0, 0, 0, {{0, 0, 0}}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}}
#define KEYCASK_POLICY_INFO_INIT \
    {sizeof(keycask_policy_info), 0, 0, 0, 0, 0, 0, 0, 0, {NULL, 0}, {NULL, 0}}
#define KEYCASK_OWNER_CHANGE_INIT \
    {sizeof(keycask_owner_change), 0, {NULL, 0}, {0, 0}, {0, 0}}
#define KEYCASK_OWNER_INFO_INIT \
    {sizeof(keycask_owner_info), 0, 0, 0, 0, {0, 0}, {0, 0}, {NULL, 0}, {NULL, 0}}
#define KEYCASK_SPEC_INIT \
    {sizeof(keycask_spec), 0, 0, {NULL, 0}, {NULL, 0}, {0, 0}, {NULL, 0}, {NULL, 0}, \
     KEYCASK_NOW, KEYCASK_DEFAULT, 0, {NULL, 0}, KEYCASK_DEFAULT, {NULL, 0}}
#define KEYCASK_ISSUED_INIT {sizeof(keycask_issued), 0, 0, {NULL, 0}}
#define KEYCASK_REQUEST_INIT \
    {sizeof(keycask_request), 1, {0, 0}, KEYCASK_ANY_KIND, KEYCASK_NOW, {0}, 0, 0}
#define KEYCASK_GRANT_INIT \
    {sizeof(keycask_grant), 0, 0, 0, 0, 0, {0, 0}, 0, {0, 0, 0, 0}, {0, 0, 0}}
#define KEYCASK_DENIAL_INIT \
    {sizeof(keycask_denial), 0, 0, {0, 0}, {0, 0}, 0, {0, 0, 0, 0}, {0, 0, 0}}
#define KEYCASK_HTTP_INIT {sizeof(keycask_http), 0, {NULL, 0}, {NULL, 0}, NULL, 0}
#define KEYCASK_ANSWER_INIT {sizeof(keycask_answer), 0, {NULL, 0}, {NULL, 0}}
#define KEYCASK_DESCRIPTION_INIT \
    {sizeof(keycask_description), 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}, {NULL, 0}}
#define KEYCASK_EXPLANATION_INIT {sizeof(keycask_explanation), 0, 0, {0, 0}, {0, 0}, {0, 0}}
#define KEYCASK_CHECK_INFO_INIT {sizeof(keycask_check_info), 0, {NULL, 0}, {NULL, 0}}
#define KEYCASK_KEY_INFO_INIT \
    {sizeof(keycask_key_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, \
     {0, 0, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}}
#define KEYCASK_FILTER_INIT \
    {sizeof(keycask_filter), 0, 0, 0, 0, 0, 0, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, KEYCASK_NONE, \
     KEYCASK_NONE, KEYCASK_NONE, KEYCASK_NONE, KEYCASK_NONE}
#define KEYCASK_CURSOR_INIT {sizeof(keycask_cursor), 0, {0}}
#define KEYCASK_KIND_COUNT_INIT {sizeof(keycask_kind_count), 0, 0, 0, 0, 0, 0}
#define KEYCASK_KEY_CHANGE_INIT \
    {sizeof(keycask_key_change), 0, {NULL, 0}, {NULL, 0}, KEYCASK_KEEP, {0, 0}, {NULL, 0}, \
     KEYCASK_KEEP, {NULL, 0}, 0}
#define KEYCASK_ROTATION_INIT \
    {sizeof(keycask_rotation), 0, KEYCASK_DEFAULT, KEYCASK_DEFAULT, 0}
#define KEYCASK_OPERATION_INFO_INIT {sizeof(keycask_operation_info), 0, 0, 0, 0}
#define KEYCASK_AUDIT_FILTER_INIT \
    {sizeof(keycask_audit_filter), 0, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     KEYCASK_NONE, KEYCASK_NONE}
#define KEYCASK_AUDIT_ENTRY_INIT \
    {sizeof(keycask_audit_entry), 0, 0, 0, 0, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}}
#define KEYCASK_AUDIT_PAGE_INIT {sizeof(keycask_audit_page), 0, 0, 0}
#define KEYCASK_AUDIT_SPAN_INIT {sizeof(keycask_audit_span), 0, 0, 0, 0}
#define KEYCASK_FEED_CURSOR_INIT {sizeof(keycask_feed_cursor), 0, 0, {0}}
#define KEYCASK_CHANGED_INIT {sizeof(keycask_changed), 0, 0, 0}
#define KEYCASK_DECISION_INIT {sizeof(keycask_decision), 0, 0, 0, 0, 0, 0, {0}, {0, 0}, {0, 0}}
#define KEYCASK_COUNTS_INIT \
    {sizeof(keycask_counts), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
#define KEYCASK_FINDING_INIT \
    {sizeof(keycask_finding), 0, 0, 0, 0, 0, 0, 0, 0, {0, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}}
#define KEYCASK_STATS_INFO_INIT \
    {sizeof(keycask_stats_info), 0, {0}, 0, 0, 0, 0, 0, 0, 0, 0, 0}
#define KEYCASK_PEPPER_INFO_INIT {sizeof(keycask_pepper_info), 0, 0, 0, 0}
#define KEYCASK_BACKUP_INFO_INIT {sizeof(keycask_backup_info), 0, 0, 0, {0, {0}}}
#define KEYCASK_RESTORING_INIT {sizeof(keycask_restoring), 0, {NULL, 0}, {NULL, 0}}
#define KEYCASK_RESTORED_INIT \
    {sizeof(keycask_restored), 0, {0}, 0, 0, 0, 0, 0, 0, 0, 0, {0, {0}}}
#define KEYCASK_IMPORT_SPEC_INIT \
    {sizeof(keycask_import_spec), KEYCASK_ACTIVE, NULL, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}, {NULL, 0}, KEYCASK_NOW}
#define KEYCASK_LINES_INIT {sizeof(keycask_lines), 0, 0, {NULL, 0}, {NULL, 0}}
#define KEYCASK_IMPORT_REPORT_INIT {sizeof(keycask_import_report), 0, 0, 0, 0, 0}
#define KEYCASK_IMPORTS_INFO_INIT {sizeof(keycask_imports_info), 0, 0, {NULL, 0}}
#define KEYCASK_LEAK_INIT \
    {sizeof(keycask_leak), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {NULL, 0}, 0, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}}
#define KEYCASK_LEAKS_INIT {sizeof(keycask_leaks), 0, 0, 0, 0}

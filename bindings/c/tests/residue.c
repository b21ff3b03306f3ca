// What is left of tokens in the memory of a process that issued, verified and wiped them, in its
// file, in a backup, and in what errors say.
//
// The process looks through all of its own memory. It knows the tokens under a mask, so that it
// does not find what it looks for in its own hands.
#include "check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

// How many tokens there are at most, and the part of each that no other has.
#define TOKENS 64
#define FROM 14
#define PART 16
#define MASK 0xA5

// Fewer are left by chance: now and then a move takes along what stood where a value has a gap. What
// leaves a token each time it is called leaves more.
#define MANY 5

static unsigned char parts[TOKENS][PART];
static unsigned char is_found[TOKENS];
static int known = 0;
static unsigned char window[1 << 20];

static void learn(const char *token) {
    CHECK(known < TOKENS);
    for (int at = 0; at < PART; at++) {
        parts[known][at] = (unsigned char)token[FROM + at] ^ MASK;
    }
    known++;
}

static void wipe(void *memory, size_t len) {
    volatile unsigned char *byte = memory;
    while (len--) *byte++ = 0;
}

// Notes the tokens of which a part stands in the window, but for `allowed`.
static void find(size_t len, int allowed) {
    unsigned char begins[256] = {0};
    for (int token = 0; token < known; token++) begins[parts[token][0] ^ MASK] = 1;
    for (size_t at = 0; at + PART <= len; at++) {
        if (!begins[window[at]]) continue;
        for (int token = 0; token < known; token++) {
            int same = 0;
            while (same < PART && (window[at + same] ^ MASK) == parts[token][same]) same++;
            if (same == PART && token != allowed) is_found[token] = 1;
        }
    }
    // What was read is not to be found a second time, where it was read to.
    wipe(window, sizeof window);
}

// How many tokens were noted since this was asked before.
static int count(void) {
    int all = 0;
    for (int token = 0; token < known; token++) all += is_found[token];
    memset(is_found, 0, sizeof is_found);
    return all;
}

// Looks at what can be read from a descriptor between two places.
static void look_at(int from, uint64_t at, uint64_t end, int allowed) {
    while (at < end) {
        size_t most = end - at < sizeof window ? (size_t)(end - at) : sizeof window;
        ssize_t len = pread(from, window, most, (off_t)at);
        if (len <= 0) break;
        find((size_t)len, allowed);
        // A part may lie across the end.
        at += (size_t)len > PART && (uint64_t)len < end - at ? (uint64_t)len - PART : (uint64_t)len;
    }
}

// How many tokens have a part in a file.
static int look_at_file(const char *path) {
    int file = open(path, O_RDONLY);
    CHECK(file >= 0);
    look_at(file, 0, UINT64_MAX, -1);
    close(file);
    return count();
}

// How many have one in the memory of this process. On the stack of this thread, `last` may be left.
static int look_at_memory(int last) {
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    char line[512], rights[5];
    uint64_t start, end, here = (uint64_t)(uintptr_t)&line;
    CHECK(maps && memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        CHECK(sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &start, &end, rights) == 3);
        if (rights[0] == 'r' && rights[1] == 'w') {
            look_at(memory, start, end, start <= here && here < end ? last : -1);
        }
    }
    fclose(maps);
    close(memory);
    return count();
}

// Has a token decided about in every way that there is.
static void present(const scene *of, const char *token, size_t len) {
    keycask_request request = KEYCASK_REQUEST_INIT;
    keycask_grant grant = KEYCASK_GRANT_INIT;
    keycask_denial denial = KEYCASK_DENIAL_INIT;
    keycask_answer answer = KEYCASK_ANSWER_INIT;
    keycask_http http = KEYCASK_HTTP_INIT;
    keycask_header header;
    char value[7 + KEYCASK_TOKEN_MAX], told[4096];
    size_t told_len = 0;
    CHECK(keycask_verify(of->store, of->realm, token, len, &request, &grant, &denial) >= 0);
    CHECK(keycask_verify(of->store, of->realm, token, len - 1, &request, &grant, &denial) > 0);
    memcpy(value, "Bearer ", 7);
    memcpy(value + 7, token, len);
    memset(&header, 0, sizeof header);
    header.name = text("Authorization");
    header.value.data = value, header.value.len = 7 + len;
    http.method = text("GET"), http.headers = &header, http.headers_len = 1;
    CHECK(keycask_present(of->store, of->realm, &http, &request, &answer, told, sizeof told,
                          &told_len, &grant, &denial) >= 0);
    wipe(value, sizeof value);
    memcpy(window, told, told_len);
    find(told_len, -1);
    CHECK(count() == 0);
}

int main(int argc, char **argv) {
    keycask_options options = KEYCASK_OPTIONS_INIT;
    keycask_rotation rotation = KEYCASK_ROTATION_INIT;
    keycask_backup_info info = KEYCASK_BACKUP_INFO_INIT;
    unsigned char secret[32];
    char token[KEYCASK_TOKEN_MAX], backup[600], token_of[MANY][KEYCASK_TOKEN_MAX];
    uint64_t key, successor;
    size_t len, next;
    scene stage;
    CHECK(argc == 2);
    memset(secret, 9, sizeof secret);
    options.sealing_key = secret, options.sealing_key_len = sizeof secret;
    stage = scene_create_with(argv[1], &options);
    for (int round = 0; round < 20; round++) {
        keycask_spec spec = KEYCASK_SPEC_INIT;
        spec.realm = stage.realm, spec.owner = text("o"), spec.scopes = stage.read;
        spec.kind = text(round % 2 ? "shown" : "live");
        RETURNS(OK, keycask_issue(stage.store, &spec, &stage.by, token, sizeof token, &len, &key,
                                  NULL));
        learn(token);
        present(&stage, token, len);
        if (round % 2) {
            RETURNS(OK, keycask_reveal(stage.store, key, &stage.by, token, sizeof token, &len,
                                       NULL));
            present(&stage, token, len);
        }
        if (round % 3 == 0) {
            RETURNS(OK, keycask_revoke_presented(stage.store, stage.realm, token, len,
                                                 TEXT("leaked"), &key, NULL));
        } else {
            wipe(token, sizeof token);
            RETURNS(OK, keycask_rotate(stage.store, key, &rotation, &stage.by, token, sizeof token,
                                       &next, &successor, NULL));
            learn(token);
        }
        present(&stage, token, len);
        wipe(token, sizeof token);
    }
    wipe(window, sizeof window);
    CHECK(look_at_memory(known - 1) < MANY);
    CHECK(look_at_file(argv[1]) == 0);
    snprintf(backup, sizeof backup, "%s.backup", argv[1]);
    RETURNS(OK, keycask_backup(stage.store, backup, strlen(backup), &info, NULL));
    CHECK(look_at_file(backup) == 0);

    // Tokens that are kept are found.
    for (int token = 0; token < MANY; token++) {
        len = scene_issue(&stage, token_of[token], &key);
        learn(token_of[token]);
    }
    CHECK(look_at_memory(-1) >= MANY);
    printf("residue: %d tokens of %zu characters\n", known, len);
    RETURNS(OK, keycask_close(stage.store));
    return 0;
}

// The calls that an input chooses: a fuzzer's, or what it kept.
#include "random.h"

#include <unistd.h>

size_t keycask_play(const char *in, const uint8_t *input, size_t len) {
    size_t number, calls = 0;
    if (strlen(in) >= sizeof directory - 20) DIE("%s is too long", in);
    strcpy(directory, in);
    // A text that is taken for a path names what is there, too.
    if (chdir(directory)) DIE("%s: no directory", directory);
    mine = calloc(1, sizeof *mine);
    if (!mine) DIE("no memory");
    closed = begin("closed", CLOCK);
    if (keycask_close(closed) != KEYCASK_OK) DIE("a store is not closed");
    for (number = 0; number < STORES; number++) stores[number] = NULL;
    mine->store = STORES;
    renew(0);
    mine->input = input;
    mine->input_end = input + len;
    while (mine->input < mine->input_end) {
        make_call(roll(random_calls_len));
        calls++;
    }
    close_own();
    free(mine);
    return calls;
}

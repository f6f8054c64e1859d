/* One fault of memory at a time, by construction, and the same work without it.
 *
 *   faults leak           of 1,000 requests each tenth forgets its 200 bytes: 100 blocks
 *   faults no-leak        it does not; a table of 3,000 rows made at the start stays on purpose,
 *                         and so do the last 64 requests
 *   faults fragmentation  small blocks that stay between buffers that go, and larger buffers after them
 *   faults no-fragmentation   the small blocks lie together
 *   faults peak           a step of 400 needs 8 MiB at once
 *   faults no-peak        it needs them 64 KiB at a time
 *
 * Built by:
 *   clang-19 --target=wasm32-wasi -g -O2 -ffile-prefix-map=$PWD=. faults.c -o faults.wasm
 * with no wasm-opt in the path, which would strip the names.
 */
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

enum {
    REQUESTS = 1000,
    REQUEST_BYTES = 200,
    FORGOTTEN_EVERY = 10,
    ROWS = 3000,
    ROW_BYTES = 40,
    CACHED = 64,

    ROUNDS = 24,
    BUFFERS = 16,
    LABEL_BYTES = 32,
    LINE_BYTES = 40 * 1024, /* more than the largest buffer */

    STEPS = 400,
    PEAK_STEP = 150,
    CHUNKS = 128,
    CHUNK_BYTES = 64 * 1024,
    SPINS = 1000 * 1000,
};

static volatile unsigned sink;

NOINLINE static void spin(void) {
    for (int i = 0; i < SPINS; i++)
        sink = sink * 31 + 7;
}

static char *filled(char *block, size_t bytes) {
    memset(block, 1, bytes);
    return block;
}

NOINLINE static char *open_request(void) {
    return filled(malloc(REQUEST_BYTES), REQUEST_BYTES);
}

NOINLINE static void requests(int forgetful) {
    for (int i = 0; i < REQUESTS; i++) {
        char *request = open_request();
        char *answer = filled(malloc(500), 500);
        sink += request[i % REQUEST_BYTES] + answer[0];
        free(answer);
        if (!forgetful || i % FORGOTTEN_EVERY != 0)
            free(request);
    }
}

static char *rows[ROWS];
static char *cache[CACHED];

NOINLINE static void make_table(void) {
    for (int i = 0; i < ROWS; i++)
        rows[i] = filled(malloc(ROW_BYTES), ROW_BYTES);
}

NOINLINE static void cached_requests(void) {
    for (int i = 0; i < REQUESTS; i++) {
        free(cache[i % CACHED]);
        cache[i % CACHED] = filled(malloc(REQUEST_BYTES), REQUEST_BYTES);
        sink += rows[i % ROWS][0];
    }
}

static char *labels[ROUNDS * BUFFERS];

/* Shrinks a generous line, so that the label lies behind the buffer that was made last. */
NOINLINE static char *keep_label(char *together, int at) {
    if (together)
        return together + at * LABEL_BYTES;
    char *line = filled(malloc(LINE_BYTES), LINE_BYTES);
    return realloc(line, LABEL_BYTES);
}

NOINLINE static void rounds(char *together) {
    char *buffers[BUFFERS];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < BUFFERS; i++) {
            buffers[i] = filled(malloc(8192 + round * 1024), 8192 + round * 1024);
            labels[round * BUFFERS + i] = keep_label(together, round * BUFFERS + i);
        }
        for (int i = 0; i < BUFFERS; i++)
            free(buffers[i]);
    }
}

NOINLINE static char *load_chunk(void) {
    return filled(malloc(CHUNK_BYTES), CHUNK_BYTES);
}

NOINLINE static void load(int at_once) {
    char *chunks[CHUNKS];
    for (int i = 0; i < CHUNKS; i++) {
        chunks[i] = load_chunk();
        sink += chunks[i][i];
        if (!at_once)
            free(chunks[i]);
    }
    for (int i = 0; at_once && i < CHUNKS; i++)
        free(chunks[i]);
}

NOINLINE static void steps(int at_once) {
    char *state = filled(malloc(1000), 1000);
    for (int step = 0; step < STEPS; step++) {
        char *scratch = filled(malloc(2000 + step), 2000 + step);
        spin();
        if (step == PEAK_STEP)
            load(at_once);
        free(scratch);
    }
    free(state);
}

int main(int count, char **args) {
    const char *fault = count > 1 ? args[1] : "";
    if (strcmp(fault, "leak") == 0) {
        requests(1);
    } else if (strcmp(fault, "no-leak") == 0) {
        make_table();
        requests(0);
        cached_requests();
    } else if (strcmp(fault, "fragmentation") == 0) {
        rounds(NULL);
        requests(0);
    } else if (strcmp(fault, "no-fragmentation") == 0) {
        char *together = filled(malloc(ROUNDS * BUFFERS * LABEL_BYTES), ROUNDS * BUFFERS * LABEL_BYTES);
        rounds(together);
        requests(0);
    } else if (strcmp(fault, "peak") == 0) {
        steps(1);
    } else if (strcmp(fault, "no-peak") == 0) {
        steps(0);
    } else {
        return 2;
    }
    return 0;
}

/* What advice is given about, by construction, and the same work without it.
 *
 *   advice chatty / batched       60,000 writes of one byte / 60 writes of 1,000
 *   advice bytes / bulk           64 KiB copied 3,000 times, byte by byte / by memory.copy
 *   advice steps / at-once        the memory grows by a page 8,000 times / by all of them at once
 *   advice scalar / dependent     a picture made brighter a pixel at a time / each number out of the one before
 *   advice moves / few-moves      256 KiB are moved 20,000 times / their first 256 bytes are
 *   advice blocks / one-block     a block for each number / one block for all of them
 *
 * What is mended goes on to do something else for a while, so that there are samples to judge by.
 *
 * Built by:
 *   clang-19 --target=wasm32-wasi -g -O2 -mbulk-memory -fno-vectorize -fno-slp-vectorize \
 *     -ffile-prefix-map=$PWD=. advice.c -o advice.wasm
 *   clang-19 --target=wasm32-wasi -g -O0 -ffile-prefix-map=$PWD=. advice.c -o unoptimised.wasm
 * with no wasm-opt in the path, which would strip the names.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

enum { BUFFER = 65536, COPIES = 3000, WRITES = 60000, BATCH = 1000, PAGES = 8000 };
enum { MOVED = 1 << 18, MOVES = 20000, NUMBERS = 2000000 };

static uint8_t first[MOVED + 64], second[MOVED + 64];
/* Volatile, so that the compiler knows nothing of what they point at. */
static uint8_t *volatile from = first, *volatile to = second;
static volatile uint32_t sink;

NOINLINE static void put(const char *text, size_t length) {
    sink += write(1, text, length);
}

NOINLINE static void print(int batch) {
    char line[BATCH];
    memset(line, '.', sizeof line);
    for (int i = 0; i < WRITES; i += batch)
        put(line, batch);
}

/* The builtins are kept out, so that the loop stays a loop. */
NOINLINE __attribute__((no_builtin)) static void copy_bytes(uint8_t *to, const uint8_t *from, int length) {
#pragma clang loop unroll(disable)
    for (int i = 0; i < length; i++)
        to[i] = from[i];
}

NOINLINE static void copy(int by_bytes) {
    for (int i = 0; i < COPIES; i++) {
        if (by_bytes)
            copy_bytes(to, from, BUFFER);
        else
            memcpy(to, from, BUFFER);
        sink += to[i];
    }
}

NOINLINE static uint32_t mixed(uint32_t state, int steps) {
    for (int i = 0; i < steps; i++)
        state = (state ^ state >> 15) * 2654435761u;
    return state;
}

NOINLINE static void grow(int at_once) {
    for (int i = 0; i < PAGES; i += at_once) {
        sink += __builtin_wasm_memory_grow(0, at_once);
        sink += mixed(i, 10 * at_once);
    }
}

NOINLINE static void brighten(uint8_t *to, const uint8_t *from, int length) {
#pragma clang loop unroll(disable)
    for (int i = 0; i < length; i++)
        to[i] = (from[i] * 3 + 128) >> 2;
}

NOINLINE static void scalar(void) {
    for (int i = 0; i < COPIES; i++)
        brighten(to, from, BUFFER);
    sink += to[7];
}

NOINLINE static void move_all(int length) {
    for (int i = 0; i < MOVES; i++) {
        memmove(second + 1, second, length);
        second[0] = (uint8_t)mixed(i, 100);
    }
}

NOINLINE static void add_node(int **list, int value) {
    int *node = malloc(sizeof *node);
    *node = value;
    free(*list);
    *list = node;
}

NOINLINE static void blocks(int one) {
    int *last = malloc(sizeof *last);
    for (int i = 0; i < NUMBERS; i++) {
        if (one)
            *last = i;
        else
            add_node(&last, i);
    }
    sink += *last + mixed(*last, NUMBERS);
    free(last);
}

NOINLINE static int mended(void) {
    sink += mixed(sink, 20 * NUMBERS);
    return 0;
}

int main(int count, char **args) {
    const char *what = count > 1 ? args[1] : "";
    if (strcmp(what, "chatty") == 0)
        return print(1), 0;
    if (strcmp(what, "batched") == 0)
        return print(BATCH), mended();
    if (strcmp(what, "bytes") == 0)
        return copy(1), 0;
    if (strcmp(what, "bulk") == 0)
        return copy(0), mended();
    if (strcmp(what, "steps") == 0)
        return grow(1), 0;
    if (strcmp(what, "at-once") == 0)
        return grow(PAGES), mended();
    if (strcmp(what, "scalar") == 0)
        return scalar(), 0;
    if (strcmp(what, "dependent") == 0)
        return mended();
    if (strcmp(what, "moves") == 0)
        return move_all(MOVED), 0;
    if (strcmp(what, "few-moves") == 0)
        return move_all(256), mended();
    if (strcmp(what, "blocks") == 0)
        return blocks(0), 0;
    if (strcmp(what, "one-block") == 0)
        return blocks(1), mended();
    return 2;
}

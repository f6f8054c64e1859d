/* A small server in two acts, and two ways to look after its memory.
 *
 * Act 1, load_catalog: 25 batches of 64 pages are decoded. A page buffer is big
 * and dies with its batch; the title found on it is small and stays for good.
 * Act 2, serve_requests: 2000 requests open a session each; every fourth is
 * turned away.
 *
 * Built as it is (before.wasm), each title pins the heap between two page
 * buffers. The buffers of the next batch are 1 KiB bigger than the holes that
 * the last one left, so nothing fits and the memory grows batch after batch.
 * A request that is turned away forgets its session: 500 blocks of 96 bytes.
 *
 * Built with -DMENDED (after.wasm), titles live together in one block, so a
 * batch leaves one big hole that the next one fits in, and every session is
 * closed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

enum {
    BATCHES = 25,
    PAGES_PER_BATCH = 64,
    FIRST_PAGE_BYTES = 4096,
    PAGE_STEP_BYTES = 1024,
    LINE_BYTES = 32 * 1024, /* more than the biggest page */
    TITLE_BYTES = 24,
    DECODE_PASSES = 12,

    REQUESTS = 2000,
    TURNED_AWAY_EVERY = 4,
    SESSION_BYTES = 96,
    REQUEST_BYTES = 256,
    REPORT_EVERY = 100,
    REPORT_BYTES = 512 * 1024,
};

static char *catalog[BATCHES * PAGES_PER_BATCH];

/* Fills a page from its number; stands for reading and decompressing one. */
NOINLINE static uint32_t decode_page(unsigned char *page, size_t bytes, uint32_t seed) {
    uint32_t state = seed * 2654435761u + 1;
    for (int pass = 0; pass < DECODE_PASSES; pass++) {
        for (size_t i = 0; i < bytes; i++) {
            state = state * 1664525u + 1013904223u;
            page[i] ^= (unsigned char)(state >> 24);
        }
    }
    return state ^ page[bytes - 1];
}

#ifdef MENDED
static char *arena, *arena_next;

/* One block for all that stays: big blocks never have a small one between them. */
NOINLINE static char *keep_title(int batch, int page) {
    if (arena == NULL)
        arena = arena_next = malloc(sizeof(catalog) / sizeof(catalog[0]) * TITLE_BYTES);
    char *title = arena_next;
    arena_next += TITLE_BYTES;
    snprintf(title, TITLE_BYTES, "batch %d page %d", batch, page);
    return title;
}
#else
/* Reads into a generous line buffer and shrinks it to fit: what is left over
 * goes back to the end of the heap, and the title stays behind the page. */
NOINLINE static char *keep_title(int batch, int page) {
    char *line = malloc(LINE_BYTES);
    snprintf(line, LINE_BYTES, "batch %d page %d", batch, page);
    return realloc(line, TITLE_BYTES);
}
#endif

NOINLINE static uint32_t load_batch(int batch) {
    static unsigned char *pages[PAGES_PER_BATCH];
    size_t bytes = FIRST_PAGE_BYTES + (size_t)batch * PAGE_STEP_BYTES;
    uint32_t sum = 0;
    for (int i = 0; i < PAGES_PER_BATCH; i++) {
        pages[i] = calloc(1, bytes);
        sum += decode_page(pages[i], bytes, (uint32_t)(batch * PAGES_PER_BATCH + i));
        catalog[batch * PAGES_PER_BATCH + i] = keep_title(batch, i);
    }
    for (int i = 0; i < PAGES_PER_BATCH; i++)
        free(pages[i]);
    return sum;
}

NOINLINE static uint32_t load_catalog(void) {
    uint32_t sum = 0;
    for (int batch = 0; batch < BATCHES; batch++)
        sum += load_batch(batch);
    return sum;
}

NOINLINE static unsigned char *open_session(int request) {
    unsigned char *session = malloc(SESSION_BYTES); /* the block that leaks */
    memset(session, request & 0xff, SESSION_BYTES);
    return session;
}

NOINLINE static void close_session(unsigned char *session) {
    free(session);
}

NOINLINE static uint32_t answer(const unsigned char *session, int request) {
    char *text = malloc(REQUEST_BYTES);
    const char *title = catalog[(request * 7) % (BATCHES * PAGES_PER_BATCH)];
    int length = snprintf(text, REQUEST_BYTES, "%s for %d", title, session[0]);
    uint32_t sum = (uint32_t)length;
    for (int i = 0; i < length; i++)
        sum = sum * 31 + (unsigned char)text[i];
    free(text);
    return sum;
}

NOINLINE static uint32_t handle_request(int request) {
    unsigned char *session = open_session(request);
    if (request % TURNED_AWAY_EVERY == 0) {
#ifdef MENDED
        close_session(session);
#endif
        return 0; /* without MENDED the session is forgotten here */
    }
    uint32_t sum = answer(session, request);
    close_session(session);
    return sum;
}

/* Wants one block of 512 KiB: there is enough free memory, but not in one piece. */
NOINLINE static uint32_t write_report(uint32_t sum) {
    unsigned char *report = calloc(1, REPORT_BYTES);
    sum += decode_page(report, REPORT_BYTES, sum);
    free(report);
    return sum;
}

NOINLINE static uint32_t serve_requests(void) {
    uint32_t sum = 0;
    for (int request = 0; request < REQUESTS; request++) {
        sum += handle_request(request);
        if (request % REPORT_EVERY == 0)
            sum = write_report(sum);
    }
    return sum;
}

int main(void) {
    uint32_t loaded = load_catalog();
    uint32_t served = serve_requests();
    printf("catalog %08x, requests %08x, memory %zu KiB\n", (unsigned)loaded, (unsigned)served,
           __builtin_wasm_memory_size(0) * 64);
    return 0;
}

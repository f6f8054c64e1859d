// Loops over memory with vectors: a picture of 16-bit pixels is blurred again and again.

#include <stdint.h>
#include <stdio.h>
#include <wasm_simd128.h>

enum { WIDTH = 1024, HEIGHT = 512, ROUNDS = 3000, LANES = 8 };

// A border of one vector on each side, and of one row above and below, stays black.
enum { STRIDE = WIDTH + 2 * LANES };

static uint16_t pictures[2][(HEIGHT + 2) * STRIDE];

static v128_t at(const uint16_t *pixels) {
    return wasm_v128_load(pixels);
}

// (left + 2 * middle + right) / 4 for eight pixels.
static v128_t mean(v128_t left, v128_t middle, v128_t right) {
    v128_t sides = wasm_u16x8_avgr(left, right);
    return wasm_u16x8_avgr(sides, middle);
}

static void blur(const uint16_t *from, uint16_t *to) {
    for (int y = 1; y <= HEIGHT; y++) {
        for (int x = LANES; x < LANES + WIDTH; x += LANES) {
            const uint16_t *here = from + y * STRIDE + x;
            v128_t across = mean(at(here - 1), at(here), at(here + 1));
            v128_t down = mean(at(here - STRIDE), at(here), at(here + STRIDE));
            wasm_v128_store(to + y * STRIDE + x, wasm_u16x8_avgr(across, down));
        }
    }
}

int main(void) {
    uint32_t seed = 1;
    for (int y = 1; y <= HEIGHT; y++) {
        for (int x = LANES; x < LANES + WIDTH; x++) {
            seed = seed * 1664525u + 1013904223u;
            pictures[0][y * STRIDE + x] = (uint16_t)(seed >> 16);
        }
    }
    for (int round = 0; round < ROUNDS; round++) {
        blur(pictures[round % 2], pictures[1 - round % 2]);
    }
    uint64_t sum = 0;
    for (int pixel = 0; pixel < (HEIGHT + 2) * STRIDE; pixel++) {
        sum += pictures[ROUNDS % 2][pixel];
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}

/* A 3x3 blur of a grey picture, written twice: one pixel at a time, and eight
 * at a time with 128-bit vectors. Both are run as often and must agree.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasm_simd128.h>

#define NOINLINE __attribute__((noinline))

enum { WIDTH = 512, HEIGHT = 512, PASSES = 600 };

typedef uint8_t picture[HEIGHT][WIDTH];

static picture original, from_scalar, from_simd, scratch;

/* Weights 1 2 1 / 2 4 2 / 1 2 1, rounded, divided by 16. */
NOINLINE static void blur_scalar(picture to, picture from) {
    for (int y = 1; y < HEIGHT - 1; y++) {
        for (int x = 1; x < WIDTH - 1; x++) {
            const uint8_t *up = &from[y - 1][x], *at = &from[y][x], *down = &from[y + 1][x];
            int corners = up[-1] + up[1] + down[-1] + down[1];
            int sides = up[0] + at[-1] + at[1] + down[0];
            to[y][x] = (uint8_t)((corners + 2 * sides + 4 * at[0] + 8) >> 4);
        }
    }
}

/* Eight pixels of a row, weighted 1 2 1, as 16-bit lanes. */
static inline __attribute__((always_inline)) v128_t row_sum(const uint8_t *at) {
    v128_t left = wasm_u16x8_load8x8(at - 1);
    v128_t here = wasm_u16x8_load8x8(at);
    v128_t right = wasm_u16x8_load8x8(at + 1);
    return wasm_i16x8_add(wasm_i16x8_add(left, right), wasm_i16x8_shl(here, 1));
}

/* The last columns are done by a step that overlaps the one before it. */
NOINLINE static void blur_simd(picture to, picture from) {
    const v128_t half = wasm_i16x8_splat(8);
    for (int y = 1; y < HEIGHT - 1; y++) {
        for (int x = 1;;) {
            v128_t up = row_sum(&from[y - 1][x]);
            v128_t at = row_sum(&from[y][x]);
            v128_t down = row_sum(&from[y + 1][x]);
            v128_t sum = wasm_i16x8_add(wasm_i16x8_add(up, down), wasm_i16x8_shl(at, 1));
            sum = wasm_u16x8_shr(wasm_i16x8_add(sum, half), 4);
            v128_t pixels = wasm_u8x16_narrow_i16x8(sum, sum);
            wasm_v128_store64_lane(&to[y][x], pixels, 0);
            if (x == WIDTH - 9)
                break;
            x = x + 8 < WIDTH - 9 ? x + 8 : WIDTH - 9;
        }
    }
}

NOINLINE static void paint(picture to) {
    uint32_t state = 12345;
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            state = state * 1664525u + 1013904223u;
            to[y][x] = (uint8_t)((x ^ y) + (state >> 28));
        }
    }
}

NOINLINE static void repeat(void (*blur)(picture, picture), picture result) {
    memcpy(result, original, sizeof original);
    memcpy(scratch, original, sizeof original);
    for (int pass = 0; pass < PASSES; pass += 2) {
        blur(scratch, result);
        blur(result, scratch);
    }
}

int main(void) {
    paint(original);
    repeat(blur_scalar, from_scalar);
    repeat(blur_simd, from_simd);
    uint32_t sum = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            sum = sum * 31 + from_simd[y][x];
    int same = memcmp(from_scalar, from_simd, sizeof from_scalar) == 0;
    printf("%s, checksum %08x\n", same ? "same picture" : "DIFFERENT pictures", (unsigned)sum);
    return same ? 0 : 1;
}

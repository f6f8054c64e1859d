/* Two loops with one body. long_loop goes round exactly three times as often
 * as short_loop, so it takes 75 % of the time and short_loop 25 %. The body is
 * two inlined helpers, one inside the other.
 */
#include <stdint.h>
#include <stdio.h>

#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))

enum { ROUNDS = 100, SHORT_STEPS = 950000, LONG_STEPS = 3 * SHORT_STEPS };

INLINE uint32_t rotate(uint32_t x, int by) {
    return (x << by) | (x >> (32 - by));
}

/* Each step needs the one before, so the time goes by steps and nothing else. */
INLINE uint32_t mix(uint32_t x) {
    x ^= rotate(x, 7);
    x *= 0x9e3779b1u;
    return x + 1;
}

NOINLINE static uint32_t short_loop(uint32_t x) {
    for (uint32_t i = 0; i < SHORT_STEPS; i++)
        x = mix(x);
    return x;
}

NOINLINE static uint32_t long_loop(uint32_t x) {
    for (uint32_t i = 0; i < LONG_STEPS; i++)
        x = mix(x);
    return x;
}

int main(void) {
    uint32_t x = 1;
    for (int round = 0; round < ROUNDS; round++) {
        x = short_loop(x);
        x = long_loop(x);
    }
    printf("%08x after %d steps\n", (unsigned)x, ROUNDS * (SHORT_STEPS + LONG_STEPS));
    return 0;
}

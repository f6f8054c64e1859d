/* Inlined into both files, one call within another. */
static inline __attribute__((always_inline)) unsigned rotate(unsigned x) {
    return x << 7 | x >> 25;
}

static inline __attribute__((always_inline)) unsigned mix(unsigned state, unsigned value) {
    return rotate(state ^ value) * 2654435761u;
}

unsigned digest(const unsigned char *bytes, unsigned len);
unsigned longest(const unsigned char *bytes, unsigned len);

#include "shapes.h"

/* The linker drops it: its addresses are dead ones. */
unsigned dropped(unsigned x) {
    return mix(x, rotate(x));
}

__attribute__((noinline)) unsigned digest(const unsigned char *bytes, unsigned len) {
    unsigned state = 1, other = 2;
    for (unsigned i = 0; i < len; i++) {
        state = mix(state, bytes[i]);
        other = mix(other, state);
        if (bytes[i] == 0) {
            state = rotate(state);
        }
    }
    return mix(state, other) + mix(other, state);
}

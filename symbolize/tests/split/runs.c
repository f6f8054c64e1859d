#include "shapes.h"

/* What traps goes behind the rest of the function that this is inlined into. */
static unsigned run(const unsigned char *bytes, unsigned len) {
    unsigned end = 1;
    if (bytes[0] == 255) {
        __builtin_trap();
    }
    while (end < len && bytes[end] == bytes[0]) {
        end++;
    }
    return end;
}

__attribute__((noinline)) unsigned longest(const unsigned char *bytes, unsigned len) {
    unsigned most = 0;
    for (unsigned at = 0; at < len;) {
        unsigned here = run(bytes + at, len - at);
        most = here > most ? here : most;
        at += here;
    }
    return most;
}

__attribute__((export_name("check"))) unsigned check(const unsigned char *bytes, unsigned len) {
    return mix(digest(bytes, len), longest(bytes, len));
}

/* A library: no _start, no imports, only exports to call with typed arguments. */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name), noinline)) name

/* Plain recursion: fib(n) makes 2 * fib(n + 1) - 1 calls in all. */
int32_t EXPORT(fib)(int32_t n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/* The sum of (scale * i) * i for i from 0 to count - 1. */
double EXPORT(dot)(double scale, int32_t count) {
    double sum = 0;
    for (int32_t i = 0; i < count; i++)
        sum += scale * i * i;
    return sum;
}

int64_t EXPORT(add64)(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

float EXPORT(average)(float a, float b) {
    return (a + b) / 2;
}

/* Traps when b is 0: integer divide by zero. */
int32_t EXPORT(divide)(int32_t a, int32_t b) {
    return a / b;
}

/* Grows the memory; gives the pages there were, or -1. */
int32_t EXPORT(grow)(int32_t pages) {
    return (int32_t)__builtin_wasm_memory_grow(0, (__SIZE_TYPE__)pages);
}

/* Adds up the bytes of [from, from + count); traps past the end of memory. */
int32_t EXPORT(sum_bytes)(int32_t from, int32_t count) {
    const volatile uint8_t *bytes = (const volatile uint8_t *)(uintptr_t)from;
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++)
        sum += bytes[i];
    return sum;
}

static __attribute__((noinline)) void give_up(void) {
    __builtin_trap();
}

/* Traps two frames down: unreachable. */
void EXPORT(trap_now)(void) {
    give_up();
}

/* Never returns: for trying a time limit or the stop button. */
void EXPORT(spin_forever)(void) {
    static volatile uint32_t turns;
    for (;;)
        turns++;
}

/* Calls itself until the stack is used up, or depth is reached. */
int32_t EXPORT(sink)(int32_t depth) {
    volatile int32_t here = depth;
    return depth <= 0 ? 0 : sink(depth - 1) + (here != 0);
}

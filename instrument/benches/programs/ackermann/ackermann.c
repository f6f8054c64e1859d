// Nothing but calls, deep ones: the Ackermann function of small numbers.

#include <stdio.h>

__attribute__((noinline)) static unsigned ackermann(unsigned m, unsigned n) {
    if (m == 0) {
        return n + 1;
    }
    if (n == 0) {
        return ackermann(m - 1, 1);
    }
    return ackermann(m - 1, ackermann(m, n - 1));
}

int main(void) {
    unsigned sum = 0;
    for (unsigned round = 0; round < 80; round++) {
        sum += ackermann(3, 9);
    }
    printf("%u\n", sum);
    return 0;
}

/* Draws the Mandelbrot set, 160 columns by 100 rows, in characters.
 *
 * Built as it is (before.wasm), each character goes out in a write(2) of its
 * own, the newline too: 161 * 100 = 16100 crossings. Built with -DBATCHED
 * (after.wasm), a row is put together first: 100 crossings, same picture.
 * Both ask the clock before and after each row: 200 crossings.
 */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

enum { COLUMNS = 160, ROWS = 100, LIMIT = 20000 };

static const char shades[] = " .:-=+*#%@";

static volatile int64_t slowest_row_nanos;

NOINLINE static int escape_time(double x, double y) {
    double re = 0, im = 0;
    int steps = 0;
    while (steps < LIMIT && re * re + im * im <= 4.0) {
        double next = re * re - im * im + x;
        im = 2 * re * im + y;
        re = next;
        steps++;
    }
    return steps;
}

NOINLINE static char shade_at(int column, int row) {
    double x = -2.1 + 2.8 * column / COLUMNS;
    double y = -1.2 + 2.4 * row / ROWS;
    int steps = escape_time(x, y);
    return steps == LIMIT ? '@' : shades[steps % 9];
}

static void write_all(const char *bytes, size_t length) {
    if (write(STDOUT_FILENO, bytes, length) != (ssize_t)length)
        abort();
}

#ifdef BATCHED
NOINLINE static void draw_row(int row) {
    char line[COLUMNS + 1];
    for (int column = 0; column < COLUMNS; column++)
        line[column] = shade_at(column, row);
    line[COLUMNS] = '\n';
    write_all(line, sizeof line);
}
#else
NOINLINE static void put(char c) {
    write_all(&c, 1);
}

NOINLINE static void draw_row(int row) {
    for (int column = 0; column < COLUMNS; column++)
        put(shade_at(column, row));
    put('\n');
}
#endif

NOINLINE static int64_t now_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(void) {
    for (int row = 0; row < ROWS; row++) {
        int64_t start = now_nanos();
        draw_row(row);
        int64_t taken = now_nanos() - start;
        if (taken > slowest_row_nanos)
            slowest_row_nanos = taken;
    }
    return 0;
}

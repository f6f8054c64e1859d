// Nothing but allocation: many small trees beside one that lives long.

#include <stdio.h>
#include <stdlib.h>

struct node {
    struct node *left;
    struct node *right;
};

static struct node *grow(int depth) {
    struct node *node = malloc(sizeof *node);
    if (node == NULL) {
        abort();
    }
    node->left = depth == 0 ? NULL : grow(depth - 1);
    node->right = depth == 0 ? NULL : grow(depth - 1);
    return node;
}

static unsigned count(const struct node *node) {
    return node == NULL ? 0 : 1 + count(node->left) + count(node->right);
}

static void fell(struct node *node) {
    if (node != NULL) {
        fell(node->left);
        fell(node->right);
        free(node);
    }
}

int main(void) {
    const int deepest = 16;
    struct node *long_lived = grow(deepest);
    for (int depth = 4; depth <= deepest; depth += 2) {
        unsigned trees = 1u << (deepest - depth + 4);
        unsigned nodes = 0;
        for (unsigned tree = 0; tree < trees; tree++) {
            struct node *root = grow(depth);
            nodes += count(root);
            fell(root);
        }
        printf("%u trees of depth %d: %u nodes\n", trees, depth, nodes);
    }
    printf("long lived: %u nodes\n", count(long_lived));
    fell(long_lived);
    return 0;
}

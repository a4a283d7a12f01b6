#include "adjoint.h"

static void sweep(const double *restrict a, double *restrict b, long n, long m) {
    for (long i = 1; i < n - 1; i++)
        for (long j = 1; j < m - 1; j++) {
            const double *c = a + i * m + j;
            b[i * m + j] = 0.2 * (c[0] + c[-1] + c[1] + c[m] + c[-m]);
        }
}

/* One loop for each term of a row: each of them is vectorised, one loop that scatters is not. */
static void reverse(double *restrict a, double *restrict b, double *restrict v, long n, long m) {
    for (long i = n - 2; i > 0; i--) {
        double *restrict from = b + i * m, *to = a + i * m;
        for (long j = 1; j < m - 1; j++) { v[j] = 0.2 * from[j]; from[j] = 0.0; }
        for (long j = 1; j < m - 1; j++) to[j - m] += v[j];
        for (long j = 1; j < m - 1; j++) to[j + m] += v[j];
        for (long j = 1; j < m - 1; j++) to[j + 1] += v[j];
        for (long j = 1; j < m - 1; j++) to[j - 1] += v[j];
        for (long j = 1; j < m - 1; j++) to[j] += v[j];
    }
}

/* Linear: nothing is kept. */
double jacobi_2d(const double *const *x, const long *n, const double *s, double *const *g) {
    const long rows = n[0], m = n[1], steps = n[4];
    double *a = copied(x[0], rows * m), *b = copied(x[1], rows * m), *v = malloc(m * sizeof(double));
    for (long t = 0; t < steps; t++) {
        sweep(a, b, rows, m);
        sweep(b, a, rows, m);
    }
    double value = sum_of_squares(a, rows * m);
    for (long i = 0; i < rows * m; i++) g[0][i] = 2.0 * a[i];
    memset(g[1], 0, rows * m * sizeof(double));
    for (long t = 0; t < steps; t++) {
        reverse(g[1], g[0], v, rows, m);
        reverse(g[0], g[1], v, rows, m);
    }
    free(a); free(b); free(v);
    return value;
}

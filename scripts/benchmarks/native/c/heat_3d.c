#include "adjoint.h"

static void sweep(const double *restrict a, double *restrict b, long n, long m, long l) {
    for (long i = 1; i < n - 1; i++)
        for (long j = 1; j < m - 1; j++)
            for (long k = 1; k < l - 1; k++) {
                const double *c = a + (i * m + j) * l + k;
                b[(i * m + j) * l + k] = 0.125 * (c[m * l] - 2.0 * c[0] + c[-m * l])
                    + 0.125 * (c[l] - 2.0 * c[0] + c[-l]) + 0.125 * (c[1] - 2.0 * c[0] + c[-1]) + c[0];
            }
}

static void reverse(double *restrict a, double *restrict b, double *restrict v, long n, long m, long l) {
    for (long i = n - 2; i > 0; i--)
        for (long j = m - 2; j > 0; j--) {
            double *restrict from = b + (i * m + j) * l, *to = a + (i * m + j) * l;
            for (long k = 1; k < l - 1; k++) { v[k] = 0.125 * from[k]; from[k] = 0.0; }
            for (long k = 1; k < l - 1; k++) to[k - m * l] += v[k];
            for (long k = 1; k < l - 1; k++) to[k + m * l] += v[k];
            for (long k = 1; k < l - 1; k++) to[k - l] += v[k];
            for (long k = 1; k < l - 1; k++) to[k + l] += v[k];
            for (long k = 1; k < l - 1; k++) to[k - 1] += v[k];
            for (long k = 1; k < l - 1; k++) to[k + 1] += v[k];
            for (long k = 1; k < l - 1; k++) to[k] += 2.0 * v[k]; /* 1 - 6 / 8, in units of 1 / 8 */
        }
}

/* Linear: nothing is kept. */
double heat_3d(const double *const *x, const long *n, const double *s, double *const *g) {
    const long rows = n[0], m = n[1], l = n[2], steps = n[6], count = rows * m * l;
    double *a = copied(x[0], count), *b = copied(x[1], count), *v = malloc(l * sizeof(double));
    for (long t = 0; t < steps; t++) {
        sweep(a, b, rows, m, l);
        sweep(b, a, rows, m, l);
    }
    double value = sum_of_squares(a, count);
    for (long i = 0; i < count; i++) g[0][i] = 2.0 * a[i];
    memset(g[1], 0, count * sizeof(double));
    for (long t = 0; t < steps; t++) {
        reverse(g[1], g[0], v, rows, m, l);
        reverse(g[0], g[1], v, rows, m, l);
    }
    free(a); free(b); free(v);
    return value;
}

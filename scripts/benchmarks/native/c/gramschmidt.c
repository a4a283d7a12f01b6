#include "adjoint.h"

/* The tape: the columns right of column k as they were at step k, a triangle of columns. */
double gramschmidt(const double *const *x, const long *n, const double *s, double *const *g) {
    const long m = n[0], c = n[1];
    double *a = copied(x[0], m * c), *q = calloc(m * c, sizeof(double)), *r = calloc(c * c, sizeof(double));
    double *tape = malloc((m * c * (c - 1) / 2 + 1) * sizeof(double)), *restrict b = g[0], *at = tape;
    double *restrict row = malloc(c * sizeof(double)), *restrict qb = malloc(m * sizeof(double));
    for (long k = 0; k < c; k++) {
        double norm = 0.0;
        for (long i = 0; i < m; i++) norm += a[i * c + k] * a[i * c + k];
        r[k * c + k] = sqrt(norm);
        for (long i = 0; i < m; i++) q[i * c + k] = a[i * c + k] / r[k * c + k];
        for (long i = 0; i < m; i++)
            for (long j = k + 1; j < c; j++) r[k * c + j] += q[i * c + k] * a[i * c + j];
        for (long i = 0; i < m; i++)
            for (long j = k + 1; j < c; j++) {
                *at++ = a[i * c + j];
                a[i * c + j] -= q[i * c + k] * r[k * c + j];
            }
    }
    double value = 0.0;
    for (long i = 0; i < m * c; i++) value += q[i];
    for (long i = 0; i < c * c; i++) value += r[i];
    memset(b, 0, m * c * sizeof(double));
    for (long k = c - 1; k >= 0; k--) {
        const long rest = c - k - 1;
        at -= m * rest;
        for (long j = 0; j < rest; j++) row[j] = 1.0;
        for (long i = 0; i < m; i++)
            for (long j = 0; j < rest; j++) row[j] -= q[i * c + k] * b[i * c + k + 1 + j];
        double along = 0.0;
        for (long i = 0; i < m; i++) {
            double v = 1.0;
            double *restrict bi = b + i * c + k + 1;
            const double *restrict rk = r + k * c + k + 1, *restrict ai = at + i * rest;
            for (long j = 0; j < rest; j++) {
                v += ai[j] * row[j] - bi[j] * rk[j];
                bi[j] += q[i * c + k] * row[j];
            }
            qb[i] = v;
            along += v * q[i * c + k];
        }
        const double scale = 1.0 / r[k * c + k];
        for (long i = 0; i < m; i++) b[i * c + k] += qb[i] * scale + (1.0 - scale * along) * q[i * c + k];
    }
    free(a); free(q); free(r); free(tape); free(row); free(qb);
    return value;
}

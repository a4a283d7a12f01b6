#include "adjoint.h"

/* What the reverse sweep reads is in the result: every element is final when it is first read. */
double cholesky(const double *const *x, const long *n, const double *s, double *const *g) {
    const long m = n[0];
    double *a = copied(x[0], m * m), *restrict b = g[0], value = 0.0;
    for (long i = 0; i < m; i++) {
        double *ai = a + i * m;
        for (long j = 0; j < i; j++) {
            const double *aj = a + j * m;
            double v = ai[j];
            for (long k = 0; k < j; k++) v -= ai[k] * aj[k];
            ai[j] = v / aj[j];
        }
        double v = ai[i];
        for (long k = 0; k < i; k++) v -= ai[k] * ai[k];
        ai[i] = sqrt(v);
    }
    memset(b, 0, m * m * sizeof(double));
    for (long i = 0; i < m; i++)
        for (long j = 0; j <= i; j++) {
            value += 0.5 * a[i * m + j] * a[i * m + j] + a[i * m + j];
            b[i * m + j] = a[i * m + j] + 1.0;
        }
    for (long i = m - 1; i >= 0; i--) {
        const double *ai = a + i * m;
        double *restrict bi = b + i * m;
        bi[i] *= 0.5 / ai[i];
        for (long k = 0; k < i; k++) bi[k] -= 2.0 * bi[i] * ai[k];
        for (long j = i - 1; j >= 0; j--) {
            const double *aj = a + j * m;
            double *restrict bj = b + j * m;
            const double v = bi[j] / aj[j];
            bi[j] = v;
            bj[j] -= v * ai[j];
            for (long k = 0; k < j; k++) {
                bi[k] -= v * aj[k];
                bj[k] -= v * ai[k];
            }
        }
    }
    free(a);
    return value;
}

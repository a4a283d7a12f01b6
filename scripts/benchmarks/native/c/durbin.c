#include "adjoint.h"

/* The tape: y before each step, a triangle, and the numbers that the recurrence carries. */
double durbin(const double *const *x, const long *n, const double *s, double *const *g) {
    const long m = n[0];
    const double *r = x[0];
    double *y = calloc(m, sizeof(double)), *z = calloc(m, sizeof(double)), *tape = malloc(m * m / 2 * sizeof(double) + 8);
    double *alphas = malloc(m * sizeof(double)), *betas = malloc(m * sizeof(double));
    double alpha = -r[0], beta = 1.0, *at = tape;
    y[0] = alphas[0] = alpha;
    betas[0] = beta;
    for (long k = 1; k < m; k++) {
        beta *= 1.0 - alpha * alpha;
        double total = 0.0;
        for (long i = 0; i < k; i++) total += r[k - i - 1] * y[i];
        alpha = -(r[k] + total) / beta;
        for (long i = 0; i < k; i++) z[i] = y[i] + alpha * y[k - i - 1];
        memcpy(at, y, k * sizeof(double));
        at += k;
        memcpy(y, z, k * sizeof(double));
        y[k] = alphas[k] = alpha;
        betas[k] = beta;
    }
    double value = sum_of_squares(y, m), *restrict yb = malloc(m * sizeof(double)), *restrict rb = g[0];
    for (long i = 0; i < m; i++) yb[i] = 2.0 * y[i];
    memset(rb, 0, m * sizeof(double));
    double alpha_bar = 0.0, beta_bar = 0.0;
    for (long k = m - 1; k > 0; k--) {
        const double *restrict old = (at -= k);
        alpha_bar += yb[k];
        for (long i = 0; i < k; i++) { z[i] = yb[i]; alpha_bar += yb[i] * old[k - i - 1]; }
        const double total_bar = -alpha_bar / betas[k];
        for (long i = 0; i < k; i++) yb[i] = z[i] + alphas[k] * z[k - i - 1] + total_bar * r[k - i - 1];
        rb[k] += total_bar;
        for (long i = 0; i < k; i++) rb[k - i - 1] += total_bar * old[i];
        beta_bar += alphas[k] * total_bar;
        alpha_bar = -2.0 * beta_bar * betas[k - 1] * alphas[k - 1];
        beta_bar *= 1.0 - alphas[k - 1] * alphas[k - 1];
    }
    rb[0] -= alpha_bar + yb[0];
    free(y); free(z); free(tape); free(alphas); free(betas); free(yb);
    return value;
}

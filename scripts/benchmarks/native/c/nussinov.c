#include "adjoint.h"

/* d max(a, b) / d a, and the smallest subgradient at a tie. */
static inline double share(double a, double b) { return a > b ? 1.0 : a == b ? 0.5 : 0.0; }

/* The tape: the best score before each cut is looked at, found again in the cell's own forward sweep. */
double nussinov(const double *const *x, const long *n, const double *s, double *const *g) {
    const long m = n[0];
    const double *pair = x[0], *single = x[1];
    double *a = calloc(m * m, sizeof(double)), *b = calloc(m * m, sizeof(double)), *best = malloc((m + 3) * sizeof(double));
    memset(g[0], 0, m * m * sizeof(double));
    memset(g[1], 0, m * sizeof(double));
    for (long i = m - 1; i >= 0; i--) {
        a[i * m + i] = single[i];
        for (long j = i + 1; j < m; j++) {
            double v = fmax(a[i * m + j - 1], a[(i + 1) * m + j]);
            v = fmax(v, (j > i + 1 ? a[(i + 1) * m + j - 1] : 0.0) + pair[i * m + j]);
            for (long k = i; k < j; k++) v = fmax(v, a[i * m + k] + a[(k + 1) * m + j]);
            a[i * m + j] = v;
        }
    }
    b[m - 1] = 1.0;
    for (long i = 0; i < m; i++) {
        for (long j = m - 1; j > i; j--) {
            double v_bar = b[i * m + j];
            if (v_bar == 0.0) continue;
            const double left = a[i * m + j - 1], below = a[(i + 1) * m + j];
            const double inside = (j > i + 1 ? a[(i + 1) * m + j - 1] : 0.0) + pair[i * m + j];
            best[0] = fmax(left, below);
            best[1] = fmax(best[0], inside);
            for (long k = i; k < j; k++) best[k - i + 2] = fmax(best[k - i + 1], a[i * m + k] + a[(k + 1) * m + j]);
            for (long k = j - 1; k >= i; k--) {
                const double cut = a[i * m + k] + a[(k + 1) * m + j], part = v_bar * share(cut, best[k - i + 1]);
                b[i * m + k] += part;
                b[(k + 1) * m + j] += part;
                v_bar -= part;
            }
            const double part = v_bar * share(inside, best[0]);
            if (j > i + 1) b[(i + 1) * m + j - 1] += part;
            g[0][i * m + j] += part;
            v_bar -= part;
            b[i * m + j - 1] += v_bar * share(left, below);
            b[(i + 1) * m + j] += v_bar * share(below, left);
        }
        g[1][i] += b[i * m + i];
    }
    double value = a[m - 1];
    free(a); free(b); free(best);
    return value;
}

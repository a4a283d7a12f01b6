#include "adjoint.h"

/* Linear: nothing is kept. */
double seidel_2d(const double *const *x, const long *n, const double *s, double *const *g) {
    const long rows = n[0], m = n[1], steps = n[2];
    double *a = copied(x[0], rows * m), *restrict b = g[0];
    for (long t = 0; t < steps; t++)
        for (long i = 1; i < rows - 1; i++) {
            double *up = a + (i - 1) * m, *mid = a + i * m, *down = a + (i + 1) * m;
            for (long j = 1; j < m - 1; j++)
                mid[j] = (up[j - 1] + up[j] + up[j + 1] + mid[j - 1] + mid[j] + mid[j + 1]
                          + down[j - 1] + down[j] + down[j + 1]) / 9.0;
        }
    double value = sum_of_squares(a, rows * m);
    for (long i = 0; i < rows * m; i++) b[i] = 2.0 * a[i];
    for (long t = 0; t < steps; t++)
        for (long i = rows - 2; i > 0; i--) {
            double *up = b + (i - 1) * m, *mid = b + i * m, *down = b + (i + 1) * m;
            for (long j = m - 2; j > 0; j--) {
                const double v = mid[j] / 9.0;
                up[j - 1] += v; up[j] += v; up[j + 1] += v;
                mid[j - 1] += v; mid[j] = v; mid[j + 1] += v;
                down[j - 1] += v; down[j] += v; down[j + 1] += v;
            }
        }
    free(a);
    return value;
}

#include "adjoint.h"

/* The tape: places and velocities at each step; the pulls are computed again. */
double nbody(const double *const *in, const long *shape, const double *s, double *const *g) {
    const long n = shape[0], steps = shape[5], size = 3 * n;
    const double dt = s[0], *m = in[2];
    double *x = copied(in[0], size), *v = copied(in[1], size), *tape = malloc((steps * size + 1) * sizeof(double));
    for (long t = 0; t < steps; t++) {
        memcpy(tape + t * size, x, size * sizeof(double));
        for (long i = 0; i < n; i++) {
            double ax = 0.0, ay = 0.0, az = 0.0;
            for (long j = 0; j < n; j++) {
                const double dx = x[3 * j] - x[3 * i], dy = x[3 * j + 1] - x[3 * i + 1], dz = x[3 * j + 2] - x[3 * i + 2];
                const double r2 = dx * dx + dy * dy + dz * dz + 0.01, pull = m[j] / (r2 * sqrt(r2));
                ax += pull * dx; ay += pull * dy; az += pull * dz;
            }
            v[3 * i] += dt * ax; v[3 * i + 1] += dt * ay; v[3 * i + 2] += dt * az;
        }
        for (long i = 0; i < size; i++) x[i] += dt * v[i];
    }
    double value = 0.0, *restrict xb = g[0], *restrict vb = g[1], *restrict mb = g[2];
    for (long i = 0; i < n; i++) {
        mb[i] = 0.0;
        for (long k = 3 * i; k < 3 * i + 3; k++) {
            value += 0.5 * m[i] * v[k] * v[k] + 0.1 * x[k] * x[k];
            xb[k] = 0.2 * x[k];
            vb[k] = m[i] * v[k];
            mb[i] += 0.5 * v[k] * v[k];
        }
    }
    for (long t = steps - 1; t >= 0; t--) {
        const double *restrict y = tape + t * size;
        for (long i = 0; i < size; i++) vb[i] += dt * xb[i];
        for (long i = n - 1; i >= 0; i--) {
            const double ax = dt * vb[3 * i], ay = dt * vb[3 * i + 1], az = dt * vb[3 * i + 2];
            double gx = 0.0, gy = 0.0, gz = 0.0;
            for (long j = 0; j < n; j++) {
                const double dx = y[3 * j] - y[3 * i], dy = y[3 * j + 1] - y[3 * i + 1], dz = y[3 * j + 2] - y[3 * i + 2];
                const double r2 = dx * dx + dy * dy + dz * dz + 0.01, cube = 1.0 / (r2 * sqrt(r2)), pull = m[j] * cube;
                const double along = ax * dx + ay * dy + az * dz, r2b = -3.0 * along * pull / r2;
                const double px = ax * pull + r2b * dx, py = ay * pull + r2b * dy, pz = az * pull + r2b * dz;
                mb[j] += along * cube;
                xb[3 * j] += px; xb[3 * j + 1] += py; xb[3 * j + 2] += pz;
                gx += px; gy += py; gz += pz;
            }
            xb[3 * i] -= gx; xb[3 * i + 1] -= gy; xb[3 * i + 2] -= gz;
        }
    }
    free(x); free(v); free(tape);
    return value;
}

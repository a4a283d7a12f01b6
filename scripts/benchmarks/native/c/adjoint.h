/* What the adjoints in C share. Each file has one function, called by c_adjoint.py:
 *
 *     double NAME(const double *const *x, const long *n, const double *s, double *const *g)
 *
 * x: the arrays of floats, n: their shapes, one after the other, then the whole numbers, s: the float arguments,
 * g: where the gradients go, in the order of the arguments. The value is returned. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline double *copied(const double *x, long count) {
    double *out = malloc(count * sizeof(double));
    memcpy(out, x, count * sizeof(double));
    return out;
}

static inline double sum_of_squares(const double *x, long count) {
    double total = 0.0;
    for (long i = 0; i < count; i++) total += x[i] * x[i];
    return total;
}

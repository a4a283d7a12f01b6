#include "adjoint.h"

/* The tape: the price along each path. */
double asian(const double *const *x, const long *n, const double *s, double *const *g) {
    const long paths = n[0], steps = n[1];
    const double spot = s[0], rate = s[1], volatility = s[2], strike = s[3], dt = 1.0 / steps;
    const double drift = (rate - 0.5 * volatility * volatility) * dt, scale = volatility * sqrt(dt);
    double *tape = malloc(paths * steps * sizeof(double)), *means = malloc(paths * sizeof(double)), total = 0.0;
    for (long p = 0; p < paths; p++) {
        double v = spot, gathered = 0.0;
        for (long t = 0; t < steps; t++) {
            v *= exp(drift + scale * x[0][p * steps + t]);
            tape[p * steps + t] = v;
            gathered += v;
        }
        means[p] = gathered / steps - strike;
        if (means[p] > 0.0) total += means[p];
    }
    const double discount = exp(-rate), value = discount * total / paths;
    double spot_bar = 0.0, strike_bar = 0.0, drift_bar = 0.0, scale_bar = 0.0;
    for (long p = paths - 1; p >= 0; p--) {
        if (means[p] <= 0.0) continue;
        const double mean_bar = discount / paths, each = mean_bar / steps;
        double v_bar = 0.0; /* times v */
        strike_bar -= mean_bar;
        for (long t = steps - 1; t >= 0; t--) {
            v_bar += each * tape[p * steps + t];
            drift_bar += v_bar;
            scale_bar += v_bar * x[0][p * steps + t];
        }
        spot_bar += v_bar / spot;
    }
    g[0][0] = spot_bar;
    g[1][0] = drift_bar * dt - value;
    g[2][0] = scale_bar * sqrt(dt) - drift_bar * volatility * dt;
    g[3][0] = strike_bar;
    free(tape); free(means);
    return value;
}

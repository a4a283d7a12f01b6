"""Black-Scholes call prices over many options, with the PARSEC benchmark's polynomial for the normal distribution."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick, same_in_autograd, same_in_jax

A1, A2, A3, A4, A5 = 0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429
SLOPE = 0.2316419
NORM = 0.3989422804014327


def cdf(x):
    k = 1.0 / (1.0 + SLOPE * np.abs(x))
    poly = k * (A1 + k * (A2 + k * (A3 + k * (A4 + k * A5))))
    tail = NORM * np.exp(-0.5 * x * x) * poly
    return np.where(x > 0.0, 1.0 - tail, tail)


def prices(spot, strike, time, vol, rate):
    root = vol * np.sqrt(time)
    d1 = (np.log(spot / strike) + (rate + 0.5 * vol * vol) * time) / root
    d2 = d1 - root
    call = spot * cdf(d1) - strike * np.exp(-rate * time) * cdf(d2)
    return np.sum(call)


def cdf_and_slope(x):
    """The polynomial approximation and its own derivative (not the density that it approximates)."""
    k = np.abs(x)
    k *= SLOPE
    k += 1.0
    np.divide(1.0, k, out=k)
    poly = A5 * k
    slope = 5.0 * A5 * k
    for i, a in ((4, A4), (3, A3), (2, A2)):
        poly += a
        poly *= k
        slope += i * a
        slope *= k
    poly += A1
    poly *= k
    slope += A1
    density = x * x
    density *= -0.5
    np.exp(density, out=density)
    density *= NORM
    # d tail/dx = density * (-x * poly - sign(x) * SLOPE * k**2 * poly'), and minus that where x > 0: even in x
    slope *= k
    slope *= k
    slope *= SLOPE
    slope += np.abs(x) * poly
    slope *= density
    poly *= density
    return np.where(x > 0.0, 1.0 - poly, poly), slope


def hand(spot, strike, time, vol, rate):
    sqrt_time = np.sqrt(time)
    root = vol * sqrt_time
    drift = 0.5 * vol * vol
    drift += rate
    d1 = np.log(spot / strike)
    d1 += drift * time
    d1 /= root
    d2 = d1 - root
    n1, n1_slope = cdf_and_slope(d1)
    n2, n2_slope = cdf_and_slope(d2)
    discount = np.exp(-rate * time)
    present = strike * discount
    value = np.sum(spot * n1 - present * n2)

    # adjoints of d2 (minus), of d1, then of root
    d2_bar = present * n2_slope
    g = spot * n1_slope
    g -= d2_bar
    g /= root
    root_bar = d2_bar
    root_bar -= g * d1
    spot_bar = g / spot
    spot_bar += n1
    discount *= n2
    strike_bar = g / strike
    strike_bar += discount
    np.negative(strike_bar, out=strike_bar)
    discount *= strike
    discount *= rate
    time_bar = g * drift
    time_bar += discount
    vol_bar = g
    vol_bar *= vol
    vol_bar *= time
    vol_bar += root_bar * sqrt_time
    root_bar *= vol
    root_bar /= sqrt_time
    root_bar *= 0.5
    time_bar += root_bar
    return value, (spot_bar, strike_bar, time_bar, vol_bar)


def torch_version(torch):
    def cdf(x):
        k = 1.0 / (1.0 + SLOPE * torch.abs(x))
        poly = k * (A1 + k * (A2 + k * (A3 + k * (A4 + k * A5))))
        tail = NORM * torch.exp(-0.5 * x * x) * poly
        return torch.where(x > 0.0, 1.0 - tail, tail)

    def prices(spot, strike, time, vol, rate):
        root = vol * torch.sqrt(time)
        d1 = (torch.log(spot / strike) + (rate + 0.5 * vol * vol) * time) / root
        d2 = d1 - root
        call = spot * cdf(d1) - strike * torch.exp(-rate * time) * cdf(d2)
        return torch.sum(call)

    return prices


def make(size):
    n = pick(6, 10_000, 1_000_000)(size)
    rng = np.random.default_rng(4)
    spot, strike = rng.uniform(60.0, 140.0, n), rng.uniform(60.0, 140.0, n)
    return spot, strike, rng.uniform(0.2, 2.0, n), rng.uniform(0.1, 0.5, n), 0.03


CASES = (
    Case(
        "black_scholes", make, prices, hand, (0, 1, 2, 3), same_in_autograd(prices), torch_version, same_in_jax(prices)
    ),
)

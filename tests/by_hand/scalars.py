"""Adjoints by hand of programs on numbers: branches, loops with ``break``, ``while``, closures."""

from __future__ import annotations

import numpy as np


def piecewise_tax_grad(income, brackets=((0.1, 1.0), (0.2, 2.0), (0.3, 10.0))):
    tax = 0.0
    low = 0.0
    income_bar = 0.0
    for rate, high in brackets:
        if income > high:
            tax += rate * (high - low)
        else:
            tax += rate * (income - low)
            income_bar = rate
            break
        low = high
    return tax, income_bar


def is_instance_grad(x):
    return x * x, 2.0 * x


def nonlocal_state_machine_grad(x):
    a = x * 0.5 + np.sin(x)
    b = a * 0.7 + np.sin(a)
    value = a * b + b * 2
    b_bar = a + 2
    a_bar = b + b_bar * (0.7 + np.cos(a))
    x_bar = a_bar * (0.5 + np.cos(x))
    return value, x_bar


def julia_grad(a, b):
    z = complex(a, b)
    tape = []
    for _ in range(3):
        tape.append(z)
        if abs(z) > 0.5:
            z = z * z + complex(a, 1)
        else:
            z = z * 1j + abs(z)
    value = abs(z)
    z_bar = z / value
    a_bar = 0.0
    for z in reversed(tape):
        if abs(z) > 0.5:
            a_bar += z_bar.real
            z_bar = z_bar * 2.0 * z.conjugate()
        else:
            z_bar = z_bar * -1j + z_bar.real * z / abs(z)
    a_bar += z_bar.real
    return value, a_bar, z_bar.imag


def brent_style_grad(a, tol=1e-12):
    lo, hi = 0.5, 2.0
    x = 1.0
    tape = []
    for _ in range(60):
        step = (x**3 - a) / (3 * x * x)
        new = x - step
        inside = lo < new < hi
        tape.append((x, step, inside))
        x = new if inside else 0.5 * (lo + hi)
        if abs(step) < tol:
            break
    value = x
    x_bar = 1.0
    a_bar = 0.0
    for x, step, inside in reversed(tape):
        if not inside:
            x_bar = 0.0
        a_bar += x_bar / (3 * x * x)
        x_bar = x_bar * 2.0 * step / x
    return value, a_bar


def simple_projectile_grad(v, angle, drag):
    dt = 0.05
    x, y = 0.0, 0.0
    vx, vy = v * np.cos(angle), v * np.sin(angle)
    tape = []
    for _ in range(20):
        speed = np.sqrt(vx * vx + vy * vy)
        tape.append((vx, vy, speed))
        ax = -drag * speed * vx
        ay = -9.81 - drag * speed * vy
        x += vx * dt
        y += vy * dt
        vx += ax * dt
        vy += ay * dt
        if y < -5:
            break
    value = x + y
    vx_bar = 0.0
    vy_bar = 0.0
    drag_bar = 0.0
    for vx, vy, speed in reversed(tape):
        ax_bar = vx_bar * dt
        ay_bar = vy_bar * dt
        along = ax_bar * vx + ay_bar * vy
        drag_bar -= along * speed
        speed_bar = -along * drag
        vx_bar += dt - ax_bar * drag * speed + speed_bar * vx / speed
        vy_bar += dt - ay_bar * drag * speed + speed_bar * vy / speed
    v_bar = vx_bar * np.cos(angle) + vy_bar * np.sin(angle)
    angle_bar = v * (vy_bar * np.cos(angle) - vx_bar * np.sin(angle))
    return value, v_bar, angle_bar, drag_bar


def expression_statements_grad(x):
    return x * x, 2.0 * x


def match_statement_grad(x, kind):
    return np.sin(x), np.cos(x)


def options_object_grad(x, method="euler", steps=4, tol=None):
    tol = 1e-3 if tol is None else tol
    h = 1.0 / steps
    y = x
    tape = []
    for _ in range(steps):
        tape.append(y)
        y = y + h * np.sin(y)
        if abs(y) < tol:
            break
    value = y
    y_bar = 1.0
    for y in reversed(tape):
        y_bar = y_bar * (1.0 + h * np.cos(y))
    return value, y_bar


def augmented_scalars_grad(x, y):
    s = x + y
    d = y + 2
    q = (s * x - 2.0) / d
    value = q**2
    t = 2.0 * q / d
    x_bar = t * (x + s)
    y_bar = t * (x - q)
    return value, x_bar, y_bar


def while_break_continue_mixed_grad(x):
    n = 0
    factors = 0
    while n < 20:
        n += 1
        if n == 2:
            x = x + 1.0
            continue
        x = x * 1.1
        factors += 1
        if x > 4:
            x = x - n
            break
    value = x * x
    x_bar = 2.0 * x
    for _ in range(factors):
        x_bar = x_bar * 1.1
    return value, x_bar

"""ADBench's bundle adjustment: squared reprojection errors of points seen by cameras.

A camera is a column of eleven numbers: rotation (axis times angle), centre, focal length, principal point and two
radial distortions. Cameras and points are stored by component, so that each component of all observations is one array.
"""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick, same_in_autograd, same_in_jax


def loss(cams, points, w, seen_cam, seen_point, feats):
    c, p = cams[:, seen_cam], points[:, seen_point]
    r0, r1, r2 = c[0], c[1], c[2]
    x0, x1, x2 = p[0] - c[3], p[1] - c[4], p[2] - c[5]

    # Rodrigues' formula
    angle2 = r0 * r0 + r1 * r1 + r2 * r2
    angle = np.sqrt(angle2)
    cos, sinc = np.cos(angle), np.sin(angle) / angle
    dot = (r0 * x0 + r1 * x1 + r2 * x2) * ((1.0 - cos) / angle2)
    y0 = cos * x0 + sinc * (r1 * x2 - r2 * x1) + dot * r0
    y1 = cos * x1 + sinc * (r2 * x0 - r0 * x2) + dot * r1
    y2 = cos * x2 + sinc * (r0 * x1 - r1 * x0) + dot * r2

    u, v = y0 / y2, y1 / y2
    s = u * u + v * v
    scale = (1.0 + c[9] * s + c[10] * s * s) * c[6]
    e0 = w * (u * scale + c[7] - feats[0])
    e1 = w * (v * scale + c[8] - feats[1])
    return np.sum(e0 * e0 + e1 * e1) + np.sum((1.0 - w * w) ** 2)


def hand(cams, points, w, seen_cam, seen_point, feats):
    c, p = cams[:, seen_cam], points[:, seen_point]
    r0, r1, r2 = c[0], c[1], c[2]
    x0, x1, x2 = p[0] - c[3], p[1] - c[4], p[2] - c[5]
    angle2 = r0 * r0 + r1 * r1 + r2 * r2
    angle = np.sqrt(angle2)
    cos, sin = np.cos(angle), np.sin(angle)
    sinc, versine = sin / angle, (1.0 - cos) / angle2
    along = r0 * x0 + r1 * x1 + r2 * x2
    dot = along * versine
    z0, z1, z2 = r1 * x2 - r2 * x1, r2 * x0 - r0 * x2, r0 * x1 - r1 * x0
    y0, y1, y2 = (cos * x + sinc * z + dot * r for x, z, r in ((x0, z0, r0), (x1, z1, r1), (x2, z2, r2)))
    u, v = y0 / y2, y1 / y2
    s = u * u + v * v
    bend = 1.0 + c[9] * s + c[10] * s * s
    scale = bend * c[6]
    d0, d1 = u * scale + c[7] - feats[0], v * scale + c[8] - feats[1]
    e0, e1 = w * d0, w * d1
    slack = 1.0 - w * w
    value = np.sum(e0 * e0 + e1 * e1) + np.sum(slack**2)

    c_bar, p_bar = np.empty_like(c), np.empty_like(p)
    w_bar = 2.0 * (e0 * d0 + e1 * d1) - 4.0 * slack * w
    g0 = np.multiply(2.0 * w, e0, out=c_bar[7])
    g1 = np.multiply(2.0 * w, e1, out=c_bar[8])
    scale_bar = g0 * u + g1 * v
    np.multiply(scale_bar, bend, out=c_bar[6])
    scale_bar *= c[6]
    np.multiply(scale_bar, s, out=c_bar[9])
    np.multiply(c_bar[9], s, out=c_bar[10])
    s_bar = 2.0 * scale_bar * (c[9] + 2.0 * c[10] * s)
    u_bar, v_bar = g0 * scale + s_bar * u, g1 * scale + s_bar * v
    y0_bar, y1_bar = u_bar / y2, v_bar / y2
    y2_bar = -(y0_bar * u + y1_bar * v)

    dot_bar = y0_bar * r0 + y1_bar * r1 + y2_bar * r2
    along_bar = dot_bar * versine
    cos_bar = y0_bar * x0 + y1_bar * x1 + y2_bar * x2 - dot_bar * along / angle2
    sinc_bar = y0_bar * z0 + y1_bar * z1 + y2_bar * z2
    # d/d(angle) over angle: what multiplies r
    turn = (sinc_bar * (cos - sinc) / angle - cos_bar * sin) / angle - 2.0 * dot_bar * dot / angle2
    t0, t1, t2 = sinc * y0_bar, sinc * y1_bar, sinc * y2_bar
    c_bar[0] = y0_bar * dot + along_bar * x0 + turn * r0 + (x1 * t2 - x2 * t1)
    c_bar[1] = y1_bar * dot + along_bar * x1 + turn * r1 + (x2 * t0 - x0 * t2)
    c_bar[2] = y2_bar * dot + along_bar * x2 + turn * r2 + (x0 * t1 - x1 * t0)
    p_bar[0] = cos * y0_bar + along_bar * r0 + (t1 * r2 - t2 * r1)
    p_bar[1] = cos * y1_bar + along_bar * r1 + (t2 * r0 - t0 * r2)
    p_bar[2] = cos * y2_bar + along_bar * r2 + (t0 * r1 - t1 * r0)
    np.negative(p_bar, out=c_bar[3:6])
    cams_bar = np.array([np.bincount(seen_cam, row, cams.shape[1]) for row in c_bar])
    points_bar = np.array([np.bincount(seen_point, row, points.shape[1]) for row in p_bar])
    return value, (cams_bar, points_bar, w_bar)


def torch_version(torch):
    def loss(cams, points, w, seen_cam, seen_point, feats):
        c, p = cams[:, seen_cam], points[:, seen_point]
        r, x = c[:3], p - c[3:6]
        angle2 = torch.sum(r * r, 0)
        angle = torch.sqrt(angle2)
        cos = torch.cos(angle)
        dot = torch.sum(r * x, 0) * ((1.0 - cos) / angle2)
        y = cos * x + torch.sin(angle) / angle * torch.linalg.cross(r, x, dim=0) + dot * r
        uv = y[:2] / y[2]
        s = torch.sum(uv * uv, 0)
        e = w * (uv * (1.0 + c[9] * s + c[10] * s * s) * c[6] + c[7:9] - feats)
        return torch.sum(e * e) + torch.sum((1.0 - w * w) ** 2)

    return loss


def make(size):
    n_cams, n_points, n = pick((2, 4, 6), (10, 100, 500), (20, 2000, 10_000))(size)
    rng = np.random.default_rng(9)
    cams = np.empty((11, n_cams))
    cams[:3] = 0.3 * rng.normal(size=(3, n_cams)) + 0.2
    cams[3:6] = 0.1 * rng.normal(size=(3, n_cams))
    cams[6] = rng.uniform(0.8, 1.2, n_cams)
    cams[7:] = 0.05 * rng.normal(size=(4, n_cams))
    points = rng.normal(size=(3, n_points)) * 0.5
    points[2] += 5.0
    seen = rng.integers(0, n_cams, n), rng.integers(0, n_points, n)
    return cams, points, rng.uniform(0.5, 1.0, n), *seen, 0.1 * rng.normal(size=(2, n))


CASES = (Case("bundle", make, loss, hand, (0, 1, 2), same_in_autograd(loss), torch_version, same_in_jax(loss)),)

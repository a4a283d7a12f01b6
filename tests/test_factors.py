"""What ``np.linalg.svd`` gives beyond the singular vectors, and the forms of ``np.linalg.qr``."""

import numpy as np
import pytest

import s2sad

WIDE = np.random.default_rng(0).normal(size=(2, 4))


def singular_values(x):
    u, s, _ = np.linalg.svd(x)
    return s.sum() + (u[0] @ u[1]) ** 2


def one_more_column(x):
    u, s, vt = np.linalg.svd(x[:, :3])
    return s[0] + vt[2, 0] ** 2 * u[0, 0] ** 2


def projector(x):
    vt = np.linalg.svd(x)[2]
    rest = vt[2:]
    return np.sum((rest @ np.arange(4.0)) ** 2)


def tall(x):
    u, s, _ = np.linalg.svd(x.T, full_matrices=True)
    return np.sum((u[:, 2:].T @ np.arange(4.0)) ** 2) + np.sum(s**3)


def turned(x):
    return np.linalg.svd(x)[2][3, 0]


def wide(x):
    q, r = np.linalg.qr(x)
    return np.sum(r**3) + q[0, 1]


def only_r(x):
    return np.sum(np.linalg.qr(x, mode="r") ** 3) + np.sum(np.linalg.qr(x.T, "r") ** 2)


def complete_square(x):
    q, r = np.linalg.qr(x, mode="complete")
    return np.sum(r**3) + q[0, 1]


def numeric(f, x, h=1e-6):
    out = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[at] = h
        out[at] = (f(x + e) - f(x - e)) / (2 * h)
    return out


@pytest.mark.parametrize("f", [singular_values, one_more_column, wide, only_r], ids=lambda f: f.__name__)
def test_both_modes(f):
    assert np.allclose(s2sad.grad(f)(WIDE), numeric(f, WIDE), rtol=1e-6, atol=1e-8)
    assert np.allclose(s2sad.jacfwd(f)(WIDE), numeric(f, WIDE), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", [projector, tall], ids=lambda f: f.__name__)
def test_what_does_not_depend_on_the_basis(f):
    assert np.allclose(s2sad.grad(f)(WIDE), numeric(f, WIDE), rtol=1e-6, atol=1e-8)
    assert np.isnan(s2sad.jacfwd(f)(WIDE)).all(), "forwards it is not known what becomes of the columns"


def test_what_depends_on_the_basis_raises():
    with pytest.raises(ValueError, match="which basis"):
        s2sad.grad(turned)(WIDE)
    assert np.isnan(s2sad.jacfwd(turned)(WIDE)).all()


def test_the_complete_form_is_known_of_square_matrices():
    m = WIDE[:, :2].copy()
    assert np.allclose(s2sad.grad(complete_square)(m), numeric(complete_square, m), rtol=1e-6, atol=1e-8)
    with pytest.raises(s2sad.UnsupportedError, match="mode="):
        s2sad.grad(lambda x: np.linalg.qr(x, mode="complete")[1][0, 0])(WIDE.T.copy())

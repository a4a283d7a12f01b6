"""What every test shares. Warnings are errors: see ``filterwarnings`` in pyproject.toml."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest

# Thousands of derivatives live until the end: looking through all of them for cycles is a tenth of the whole run.
gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True, scope="session")
def _private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads what an earlier run, or the user, left in the cache on disk. The workers of one run share it."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    os.environ["S2SAD_CACHE_DIR"] = str(run / "s2sad-cache")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """What is alive now ends with the process: one look for what holds a resource, and none through all of it after that."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers in every run and in every worker."""
    return np.random.default_rng(20240229)


@pytest.fixture
def root() -> Path:
    """The project's root folder."""
    return Path(__file__).resolve().parent.parent

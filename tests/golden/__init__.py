"""Emitted modules that are worth reading, one for each program of ``tests.golden.programs``."""

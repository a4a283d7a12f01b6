"""The Numba backend: simplified typed IR to a module that Numba compiles to machine code.

One pass per file, each from Function to Function; ``module.py`` calls them in order. What no pass can turn into the
subset that Numba compiles is refused with its line (``check.py``): nothing falls back to NumPy silently.
"""

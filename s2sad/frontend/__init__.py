"""From a Python function to the core IR: ``lower(get_source(fn))``."""

from s2sad.ir.rare import rarely

rarely(__name__, "consumers", "generators", "lower_try", "patterns", "renamed", "together")

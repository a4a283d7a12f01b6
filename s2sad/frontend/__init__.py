"""From a Python function to the core IR: ``lower(get_source(fn))``."""

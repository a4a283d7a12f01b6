"""Programs that the generator found and reduced. Written by ``scripts/fuzz``."""

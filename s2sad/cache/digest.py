"""The hash of all checksums and keys: blake2b, of 32 bytes.

Every process needs it, and ``hashlib`` loads OpenSSL, which takes as long as all of s2sad's own part of a warm start. Python
has this hash in a module of its own, as ``random`` takes its hash from one.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # a Python that was built without it
    from hashlib import blake2b

SIZE = 32


def new() -> blake2b:
    """A hash to be fed."""
    return blake2b(digest_size=SIZE)


def digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=SIZE).digest()


def hexdigest(data: bytes) -> str:
    return blake2b(data, digest_size=SIZE).hexdigest()


__all__ = ["SIZE", "digest", "hexdigest", "new"]

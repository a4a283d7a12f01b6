"""Reverse and forward mode: from typed IR to the functions of its derivative."""

from s2sad.ir.rare import rarely

rarely(__name__, "attempts", "carried", "escaped", "held", "lists", "replayed", "shifted")

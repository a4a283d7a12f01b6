"""Examples of other people's functions, and what their derivatives must be."""

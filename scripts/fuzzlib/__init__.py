"""The program generator, its oracles and its reducer."""

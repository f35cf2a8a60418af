"""How good a generator is, measured: nearness to the renders, sharpness, and whether its drags arrive."""

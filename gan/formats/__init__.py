"""Readers of the generator files that people have. Each takes data out; none runs anything that is in
them."""

"""Critters: toy animal heads, rendered from factors by ray-marched distance fields; free of any rights."""

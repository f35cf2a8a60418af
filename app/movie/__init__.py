"""An edit as a movie: its path through the latents, how time runs along it, and the frames."""

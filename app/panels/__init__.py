"""The panels, one file each: they show the state and emit events, and own nothing else."""

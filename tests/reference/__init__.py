"""The published method, literally and slowly: the oracle of the drag loop and the benchmark's baseline."""

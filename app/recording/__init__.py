"""Frames into files: one writer for each kind of file, and the thread that records while one works."""

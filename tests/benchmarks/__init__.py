"""What `livedrag bench` measures: our step beside the literal reference, memory, and the window's frames."""

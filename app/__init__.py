"""The window, the command line, sessions and recording."""

"""The window, the command line, sessions and recording: all that a person meets."""

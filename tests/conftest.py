"""Settings of every test."""

from hypothesis import settings

# No time limits: how long a case takes says how busy the machine is, not whether the code is right.
settings.register_profile("livedrag", deadline=None)
settings.load_profile("livedrag")

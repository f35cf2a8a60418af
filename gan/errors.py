"""The errors that gan/ raises for a person to read: what was given, what is allowed, what to do."""


class LiveDragError(Exception):
    """An error whose text is one clear line for the user; the command line prints it without a traceback."""


class ModelFileError(LiveDragError):
    """A model file cannot be used: missing, damaged, not a StyleGAN2 generator, or misshapen tensors."""


class EditError(LiveDragError):
    """An edit was refused: a point outside the picture, a mask of the wrong size, a bad latent."""


class DeviceError(LiveDragError):
    """The device that was asked for is not there or cannot hold the work."""

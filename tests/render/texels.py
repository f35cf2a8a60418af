"""What a texture holds."""

from __future__ import annotations

import numpy as np

from render import gl_api as gl
from render.textures import Texture2D


def texels(texture: Texture2D) -> np.ndarray:
    texture.bind()
    raw = gl.glGetTexImage(gl.GL_TEXTURE_2D, 0, gl.GL_RED, gl.GL_FLOAT)
    return np.frombuffer(raw, np.float32).reshape(texture.height, texture.width)

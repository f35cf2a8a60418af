"""Draws passes of the table: one program each, one vertex array and one buffer for all of them."""

import ctypes
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from render import gl_api as gl
from render.frame_pass import FloatRect, Frame, Pass
from render.shader_program import SHADER_FOLDER, ShaderProgram

_MAX_ATTRIBUTES = 4


class PassDrawer:
    """Owns the programs of a table of passes. Draws into whatever framebuffer and viewport are set."""

    def __init__(self, passes: tuple[Pass, ...], folder: Path = SHADER_FOLDER) -> None:
        """Compile them; folder: where their shader files are."""
        self.passes = passes
        self._programs = {item.name: ShaderProgram(item.vertex, item.fragment, folder) for item in passes}
        self._vertex_array = int(gl.glGenVertexArrays(1))
        self._buffer = int(gl.glGenBuffers(1))

    def draw(self, item: Pass, frame: Frame) -> None:
        """Draw one pass, if it has anything to show."""
        if item.is_drawn(frame):
            self._draw(item, frame, frame.scene.size, item.rect(frame), item.is_opaque)

    def fill(self, item: Pass, frame: Frame, size: tuple[int, int]) -> None:
        """Draw one pass over all of a framebuffer of (width, height), which is bound."""
        self._draw(item, frame, size, (0.0, 0.0, float(size[0]), float(size[1])), True)

    def _draw(
        self, item: Pass, frame: Frame, output_size: tuple[int, int], rect: FloatRect, is_opaque: bool
    ) -> None:
        rows = None if item.instances is None else item.instances(frame)
        if rows is not None and len(rows) == 0:
            return
        program = self._programs[item.name]
        program.use()
        for unit, (name, texture) in enumerate(frame.textures.items()):
            texture.bind(unit)
            program.set(f"u_{name}", unit)
        program.set("u_output_size", output_size)
        program.set("u_view_scale", float(frame.scene.view.scale))
        program.set("u_rect", rect)
        program.set("u_opacity", item.opacity(frame))
        for name, value in item.uniforms(frame).items():
            program.set(name, value)
        if is_opaque:
            gl.glDisable(gl.GL_BLEND)
        else:
            gl.glEnable(gl.GL_BLEND)
        gl.glBindVertexArray(self._vertex_array)
        self._set_attributes(rows)
        gl.glDrawArraysInstanced(gl.GL_TRIANGLE_STRIP, 0, 4, 1 if rows is None else len(rows))
        gl.glBindVertexArray(0)

    def _set_attributes(self, rows: NDArray[np.float32] | None) -> None:
        """One vec4 attribute per four columns of the instances' rows; none for a single quad."""
        attribute_count = 0 if rows is None else rows.shape[1] // 4
        if rows is not None:
            gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self._buffer)
            gl.glBufferData(gl.GL_ARRAY_BUFFER, rows.nbytes, np.ascontiguousarray(rows), gl.GL_STREAM_DRAW)
        for index in range(_MAX_ATTRIBUTES):
            if rows is None or index >= attribute_count:
                gl.glDisableVertexAttribArray(index)
                continue
            offset = ctypes.c_void_p(16 * index)
            gl.glVertexAttribPointer(index, 4, gl.GL_FLOAT, False, 4 * rows.shape[1], offset)
            gl.glVertexAttribDivisor(index, 1)
            gl.glEnableVertexAttribArray(index)
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, 0)

    def close(self) -> None:
        """Delete programs, vertex array and buffer."""
        for program in self._programs.values():
            program.close()
        if self._buffer:
            gl.glDeleteVertexArrays(1, [self._vertex_array])
            gl.glDeleteBuffers(1, [self._buffer])
        self._vertex_array = self._buffer = 0

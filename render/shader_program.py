"""`ShaderProgram`: one vertex and one fragment file of shaders/, compiled, with its uniforms by name."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from render import gl_api as gl
from render.errors import GlError

SHADER_FOLDER = Path(__file__).resolve().parent.parent / "shaders"

UniformValue = float | int | Sequence[float]

# "0:12(3): error: ..." (Mesa), "0(12) : error ..." (NVIDIA), "ERROR: 0:12: ..." (others)
_LOG_LINE = re.compile(r"\b\d+(?::(\d+)(?:\(\d+\))?|\((\d+)\))\s*:")


class ShaderProgram:
    """A linked program. Uniforms that the compiler removed may be set; they are ignored, as in GL itself."""

    def __init__(self, vertex_file: str, fragment_file: str, folder: Path = SHADER_FOLDER) -> None:
        """Compile and link two files.

        Raises:
            GlError: a file is missing, does not begin with #version, or does not compile: names file and
            line.
        """
        self._locations: dict[str, int] = {}
        shaders = [
            _compile(folder / vertex_file, gl.GL_VERTEX_SHADER),
            _compile(folder / fragment_file, gl.GL_FRAGMENT_SHADER),
        ]
        self.name = int(gl.glCreateProgram())
        for shader in shaders:
            gl.glAttachShader(self.name, shader)
        gl.glLinkProgram(self.name)
        for shader in shaders:
            gl.glDetachShader(self.name, shader)
            gl.glDeleteShader(shader)
        if not gl.glGetProgramiv(self.name, gl.GL_LINK_STATUS):
            log = _text(gl.glGetProgramInfoLog(self.name))
            self.close()
            raise GlError(f"shaders/{vertex_file} and shaders/{fragment_file} do not link: {log}")

    def use(self) -> None:
        """Make it the current program."""
        gl.glUseProgram(self.name)

    def set(self, name: str, value: UniformValue) -> None:
        """Set a uniform of the current program: int or float, or 2 to 4 floats for a vec."""
        location = self._locations.get(name)
        if location is None:
            location = int(gl.glGetUniformLocation(self.name, name))
            self._locations[name] = location
        if location < 0:
            return
        if isinstance(value, int):
            gl.glUniform1i(location, value)
        elif isinstance(value, float):
            gl.glUniform1f(location, value)
        elif len(value) == 2:
            gl.glUniform2f(location, value[0], value[1])
        elif len(value) == 3:
            gl.glUniform3f(location, value[0], value[1], value[2])
        elif len(value) == 4:
            gl.glUniform4f(location, value[0], value[1], value[2], value[3])
        else:
            raise GlError(f"Uniform {name} has {len(value)} values: give a number or 2 to 4 floats.")

    def close(self) -> None:
        """Delete the program."""
        if self.name:
            gl.glDeleteProgram(self.name)
        self.name = 0


def _compile(path: Path, kind: Any) -> int:
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        raise GlError(
            f"{path.name}: shader file cannot be read ({error.strerror}) in {path.parent}."
        ) from error
    if not source.startswith("#version"):
        raise GlError(f"{path.name}:1: the first line of a shader file must be '#version 330'.")
    shader = int(gl.glCreateShader(kind))
    gl.glShaderSource(shader, source)
    gl.glCompileShader(shader)
    if not gl.glGetShaderiv(shader, gl.GL_COMPILE_STATUS):
        log = _text(gl.glGetShaderInfoLog(shader))
        gl.glDeleteShader(shader)
        raise GlError(_pointing_at(path, log))
    return shader


def _pointing_at(path: Path, log: str) -> str:
    """The compiler's first complaint with file and line in front, as editors understand them."""
    first = next((line for line in log.splitlines() if line.strip()), "no message from the driver")
    match = _LOG_LINE.search(first)
    line = next((group for group in match.groups() if group), "1") if match else "1"
    message = first[match.end() :].strip() if match else first
    return f"{path.name}:{line}: {message}"


def _text(log: Any) -> str:
    return log.decode("utf-8", "replace") if isinstance(log, bytes) else str(log)

"""`ShaderProgram`: one vertex and one fragment file of shaders/, compiled, with its uniforms by name."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

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
        self._uniforms = self._active_uniforms()

    def use(self) -> None:
        """Make it the current program."""
        gl.glUseProgram(self.name)

    def set(self, name: str, value: UniformValue) -> None:
        """Set a uniform of the current program: a number, or 2 to 4 numbers for a vec, by its declared type.

        An array takes the numbers of its first elements, one after the other.

        An int is taken for a float uniform and the other way round: GL itself refuses that, and scenes come
        from code where 1 and 1.0 are the same.
        """
        uniform = self._uniforms.get(name)
        if uniform is None:
            return
        location, component_count, is_integer, element_count = uniform
        values = (value,) if isinstance(value, int | float) else tuple(value)
        if element_count is not None:
            self._set_array(name, values, location, component_count, element_count)
            return
        if len(values) != component_count:
            raise GlError(
                f"Uniform {name} is given {len(values)} numbers: the shader declares {component_count}."
            )
        if is_integer:
            gl.glUniform1i(location, int(values[0]))
        elif component_count == 1:
            gl.glUniform1f(location, values[0])
        elif component_count == 2:
            gl.glUniform2f(location, *values)
        elif component_count == 3:
            gl.glUniform3f(location, *values)
        else:
            gl.glUniform4f(location, *values)

    def _set_array(
        self, name: str, values: tuple[float, ...], location: int, component_count: int, element_count: int
    ) -> None:
        """An array of float or vec4."""
        given, rest = divmod(len(values), component_count)
        if component_count not in (1, 4) or rest or given > element_count:
            raise GlError(
                f"Uniform {name} is given {len(values)} numbers: the shader declares {element_count} times "
                f"{component_count}; arrays may be of float or vec4."
            )
        if given:
            set_array = gl.glUniform1fv if component_count == 1 else gl.glUniform4fv
            set_array(location, given, np.array(values, np.float32))

    def _active_uniforms(self) -> dict[str, tuple[int, int, bool, int | None]]:
        """Name -> (location, component count, is it an integer or a sampler, its length if an array)."""
        kinds = {
            int(gl.GL_FLOAT): (1, False),
            int(gl.GL_FLOAT_VEC2): (2, False),
            int(gl.GL_FLOAT_VEC3): (3, False),
            int(gl.GL_FLOAT_VEC4): (4, False),
            int(gl.GL_INT): (1, True),
            int(gl.GL_SAMPLER_2D): (1, True),
        }
        uniforms: dict[str, tuple[int, int, bool, int | None]] = {}
        for index in range(int(gl.glGetProgramiv(self.name, gl.GL_ACTIVE_UNIFORMS))):
            raw_name, length, kind = gl.glGetActiveUniform(self.name, index)
            name, bracket, _ = _text(raw_name).partition("[")
            if int(kind) not in kinds:
                raise GlError(f"Uniform {name}: declare it int, float, vec2, vec3, vec4 or sampler2D.")
            location = int(gl.glGetUniformLocation(self.name, name))
            uniforms[name] = (location, *kinds[int(kind)], int(length) if bracket else None)
        return uniforms

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

"""What surrounds the passes: restored state, shader errors, borrowed textures, framebuffers, platform."""

import ctypes
import ctypes.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from render import gl_api as gl
from render.borrowed_texture import find_texture_name
from render.errors import GlError, RenderError
from render.framebuffer import Framebuffer
from render.gl import check_gl_version, describe_context, drain_errors, select_platform
from render.gl_compositor import GlCompositor
from render.gl_state import restore_host_state
from render.offscreen import OffscreenContext
from render.scene import Scene, View
from render.shader_program import ShaderProgram
from render.textures import Texture2D
from tests.render.scenes import composed, flat, texture_count

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("gl_context")]
VERTEX = "#version 330\nvoid main() { gl_Position = vec4(0.0); }\n"
FRAGMENT = "#version 330\nout vec4 colour;\nvoid main() { colour = vec4(1.0); }\n"


def leaks() -> dict[str, tuple[Callable[[], object], Callable[[], object], object]]:
    """Name -> (leak it, query it, what the window expects)."""

    def integer(name: int) -> Callable[[], object]:
        return lambda: int(gl.glGetIntegerv(name))

    def bound_framebuffer() -> None:
        framebuffer = Framebuffer(Texture2D.create(4, 4))
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, framebuffer.name)

    def bound_unpack_buffer() -> None:
        name = int(gl.glGenBuffers(1))
        gl.glBindBuffer(gl.GL_PIXEL_UNPACK_BUFFER, name)
        gl.glBufferData(gl.GL_PIXEL_UNPACK_BUFFER, 1 << 16, None, gl.GL_STREAM_DRAW)

    def enabled(name: int) -> tuple[Callable[[], object], Callable[[], object], object]:
        return (lambda: gl.glEnable(name), lambda: bool(gl.glIsEnabled(name)), False)

    def stored(
        name: int, wrong: int, right: int
    ) -> tuple[Callable[[], object], Callable[[], object], object]:
        return (lambda: gl.glPixelStorei(name, wrong), integer(name), right)

    return {
        "draw framebuffer": (bound_framebuffer, integer(gl.GL_DRAW_FRAMEBUFFER_BINDING), 0),
        "read framebuffer": (bound_framebuffer, integer(gl.GL_READ_FRAMEBUFFER_BINDING), 0),
        "unpack buffer": (bound_unpack_buffer, integer(gl.GL_PIXEL_UNPACK_BUFFER_BINDING), 0),
        "row length": stored(gl.GL_UNPACK_ROW_LENGTH, 333, 0),
        "skip pixels": stored(gl.GL_UNPACK_SKIP_PIXELS, 7, 0),
        "skip rows": stored(gl.GL_UNPACK_SKIP_ROWS, 7, 0),
        "alignment": stored(gl.GL_UNPACK_ALIGNMENT, 1, 4),
        "colour mask": (
            lambda: gl.glColorMask(True, False, False, True),
            lambda: [bool(value) for value in gl.glGetBooleanv(gl.GL_COLOR_WRITEMASK)],
            [True] * 4,
        ),
        "scissor": enabled(gl.GL_SCISSOR_TEST),
        "sRGB": enabled(gl.GL_FRAMEBUFFER_SRGB),
        "rasteriser discard": enabled(gl.GL_RASTERIZER_DISCARD),
        "logic op": enabled(gl.GL_COLOR_LOGIC_OP),
    }


LEAK_NAMES = [
    *("draw framebuffer", "read framebuffer", "unpack buffer", "row length", "skip pixels", "skip rows"),
    *("alignment", "colour mask", "scissor", "sRGB", "rasteriser discard", "logic op"),
]


@pytest.mark.parametrize("name", LEAK_NAMES)
def test_leaked_state_is_restored(name: str) -> None:
    leak, query, expected = leaks()[name]
    restore_host_state()
    leak()
    assert query() != expected
    restore_host_state()
    assert query() == expected
    assert drain_errors() == ()


@pytest.mark.parametrize("name", LEAK_NAMES)
def test_composing_survives_and_leaves_no_leak(name: str, compositor: GlCompositor) -> None:
    leak, query, expected = leaks()[name]
    picture = np.random.default_rng(1).integers(0, 256, (21, 19, 3), dtype=np.uint8)
    gl.glLogicOp(gl.GL_CLEAR)
    gl.glScissor(0, 0, 1, 1)
    leak()
    compositor.set_picture(picture)
    compositor.set_mask(np.zeros((21, 19), np.uint8))
    leak()
    compositor.compose(Scene((40, 30), View(1.0, 3.0, 4.0)))
    assert query() == expected
    np.testing.assert_array_equal(compositor.read()[4:25, 3:22], picture)


def test_the_output_is_opaque(compositor: GlCompositor) -> None:
    compositor.set_picture(flat(20, 20))
    compositor.set_mask(np.full((20, 20), 1, np.uint8))
    compositor.compose(Scene((30, 30), View(1.0, 5.0, 5.0)))
    compositor.target.bind()
    texels = gl.glGetTexImage(gl.GL_TEXTURE_2D, 0, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE)
    assert set(bytes(texels)[3::4]) == {255}


def test_shader_errors_name_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "good.vert").write_text(VERTEX)
    (tmp_path / "bad.frag").write_text(
        "#version 330\nout vec4 colour;\n\nvoid main() { colour = nonsense; }\n"
    )
    with pytest.raises(GlError, match=r"^bad\.frag:4: .*nonsense"):
        ShaderProgram("good.vert", "bad.frag", tmp_path)


def test_shader_files_begin_with_version(tmp_path: Path) -> None:
    (tmp_path / "good.vert").write_text(VERTEX)
    (tmp_path / "late.frag").write_text("// comment\n" + FRAGMENT)
    with pytest.raises(GlError, match=r"^late\.frag:1: .*#version 330"):
        ShaderProgram("good.vert", "late.frag", tmp_path)
    with pytest.raises(GlError, match=r"^none\.frag: .*cannot be read"):
        ShaderProgram("good.vert", "none.frag", tmp_path)


def test_programs_that_do_not_link_are_named(tmp_path: Path) -> None:
    # a function that is nowhere is for the linker to find, and none lets it pass; NVIDIA's takes a varying of
    # another type
    (tmp_path / "a.vert").write_text(VERTEX)
    (tmp_path / "a.frag").write_text(
        "#version 330\nout vec4 colour;\nvec4 shade();\nvoid main() { colour = shade(); }\n"
    )
    with pytest.raises(GlError, match=r"a\.vert and shaders/a\.frag do not link"):
        ShaderProgram("a.vert", "a.frag", tmp_path)


def two_by_two(texels: bytes) -> Texture2D:
    texture = Texture2D.create(2, 2)
    texture.upload(np.frombuffer(texels, np.uint8).reshape(2, 2, 4))
    return texture


def test_find_texture_name_by_its_texels_among_many() -> None:
    rng = np.random.default_rng(9)
    sentinel = rng.integers(1, 255, 16, dtype=np.uint8).tobytes()
    others = [two_by_two(rng.integers(1, 255, 16, dtype=np.uint8).tobytes()) for _ in range(9)]
    others.append(Texture2D.create(64, 64))
    wanted = two_by_two(sentinel)
    others += [two_by_two(sentinel[:-1] + bytes([sentinel[-1] ^ 1])), Texture2D.create(2, 1)]
    cube = int(gl.glGenTextures(1))
    gl.glBindTexture(gl.GL_TEXTURE_CUBE_MAP, cube)
    for bound in (wanted.name, others[0].name, 0):
        gl.glBindTexture(gl.GL_TEXTURE_2D, bound)
        assert find_texture_name(sentinel) == wanted.name
        assert int(gl.glGetIntegerv(gl.GL_TEXTURE_BINDING_2D)) == bound
    wanted.close()
    with pytest.raises(GlError, match="host display"):
        find_texture_name(sentinel)
    for texture in others:
        texture.close()
    gl.glDeleteTextures(1, [cube])
    drain_errors()


def test_composing_into_an_adopted_texture() -> None:
    """As the window does it: somebody else's 2x2 texture becomes the output, and outlives the compositor."""
    name = int(gl.glGenTextures(1))
    target = Texture2D.adopt(name, 64, 48)
    compositor = GlCompositor(target)
    picture = np.random.default_rng(4).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    compositor.set_picture(picture)
    compositor.compose(Scene((64, 48), View(1.0, 0.0, 0.0)))
    compositor.close()
    target.bind()
    texels = gl.glGetTexImage(gl.GL_TEXTURE_2D, 0, gl.GL_RGB, gl.GL_UNSIGNED_BYTE)
    np.testing.assert_array_equal(np.frombuffer(texels, np.uint8).reshape(48, 64, 3), picture)
    target.close()
    assert gl.glIsTexture(name)
    gl.glDeleteTextures(1, [name])


def test_capture_reads_rows_of_any_width() -> None:
    """Three channels times an odd width is no multiple of 4: the pack alignment must not shift rows."""
    pixels = np.random.default_rng(2).integers(0, 256, (5, 7, 4), dtype=np.uint8)
    texture = Texture2D.create(7, 5)
    texture.upload(pixels)
    framebuffer = Framebuffer(texture)
    np.testing.assert_array_equal(framebuffer.read(), pixels[..., :3])
    framebuffer.close()
    texture.close()
    restore_host_state()


def test_textures_refuse_sizes_and_uploads_that_do_not_fit() -> None:
    texture = Texture2D.create(8, 8)
    with pytest.raises(RenderError, match=r"4x4 px with 3 channels.*8x8 px with 4 channels"):
        texture.upload(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(RenderError, match=r"at \(6, 0\)"):
        texture.upload(np.zeros((4, 4, 4), np.uint8), x=6)
    with pytest.raises(RenderError, match="1000000x8"):
        texture.resize(1000000, 8)
    texture.close()


def test_a_closed_compositor_leaves_no_textures() -> None:
    before = texture_count()
    compositor = GlCompositor()
    compositor.set_picture(flat(8, 8))
    compositor.set_mask(np.ones((8, 8), np.uint8))
    composed(compositor, Scene((30, 30), View(1.0, 0.0, 0.0)))
    assert texture_count() > before
    compositor.close()
    assert texture_count() == before


def test_context_is_described(gl_context: OffscreenContext) -> None:
    description = describe_context()
    assert check_gl_version() == description == gl_context.description
    assert description.renderer in str(description)


def test_an_old_context_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {gl.GL_VENDOR: b"Old", gl.GL_RENDERER: b"Card", gl.GL_VERSION: b"2.1 Old 1.0"}
    monkeypatch.setattr(gl, "glGetString", texts.__getitem__)
    with pytest.raises(GlError, match=r"OpenGL 2\.1 on Card: 3\.3 or newer.*driver"):
        check_gl_version()


def test_platform_cannot_change_once_loaded() -> None:
    select_platform("egl")
    with pytest.raises(GlError, match="'glx'"):
        select_platform("glx")


def test_drain_errors_returns_and_clears() -> None:
    drain_errors()
    with pytest.raises(gl.GLError):
        gl.glEnable(0x7FFFFFFF)  # PyOpenGL raises and consumes the code
    library = ctypes.CDLL(ctypes.util.find_library("GL") or "libGL.so.1")
    library.glEnable(0x7FFFFFFF)  # past PyOpenGL: the code stays pending, as another library would leave it
    assert drain_errors() == (int(gl.GL_INVALID_ENUM),)
    assert drain_errors() == ()

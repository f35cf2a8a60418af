"""The GL half under the real Dear PyGui, in a process of its own with a virtual X server: its static texture
is found and adopted, shows our output, and the default framebuffer's draw buffer is restored."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.xvfb import xvfb

ROOT = Path(__file__).resolve().parents[2]
WINDOW = """
import numpy as np
from render.gl import check_gl_version, drain_errors, select_platform
select_platform("glx")
import dearpygui.dearpygui as dpg
from render import gl_api as gl
from render.borrowed_texture import find_texture_name
from render.gl_compositor import GlCompositor
from render.gl_state import restore_host_state
from render.scene import Scene, View
from render.textures import Texture2D

dpg.create_context()
dpg.create_viewport(title="test", width=300, height=200, vsync=False)
dpg.setup_dearpygui()
dpg.show_viewport()
for _ in range(3):
    dpg.render_dearpygui_frame()
drain_errors()
print("context", check_gl_version())
sentinel = np.random.default_rng(1).integers(1, 255, 16, dtype=np.uint8)
with dpg.texture_registry():
    tag = dpg.add_static_texture(2, 2, (sentinel / 255).astype(np.float32))
dpg.render_dearpygui_frame()
drain_errors()
target = Texture2D.adopt(find_texture_name(sentinel.tobytes()), 64, 48)
with dpg.window():
    dpg.add_image(tag, width=64, height=48)
compositor = GlCompositor(target)
picture = np.random.default_rng(2).integers(0, 256, (48, 64, 3), dtype=np.uint8)
compositor.set_picture(picture)
for _ in range(3):
    compositor.compose(Scene((64, 48), View(1.0, 0.0, 0.0)))
    dpg.render_dearpygui_frame()
print("kept", np.array_equal(compositor.read(), picture))

gl.glDrawBuffer(gl.GL_NONE)
assert int(gl.glGetIntegerv(gl.GL_DRAW_BUFFER)) == int(gl.GL_NONE)
restore_host_state()
print("draw buffer", int(gl.glGetIntegerv(gl.GL_DRAW_BUFFER)) == int(gl.GL_BACK))
print("errors", drain_errors())
compositor.close()
dpg.destroy_context()
"""


@pytest.mark.gl
@pytest.mark.window
def test_compositing_into_dear_pyguis_texture() -> None:
    with xvfb("640x480x24") as display:
        if display is None:
            if os.environ.get("CI") == "true":
                pytest.fail("CI=true and no Xvfb: apt-get install xvfb")
            pytest.skip("no Xvfb: apt-get install xvfb")
        finished = subprocess.run(
            [sys.executable, "-c", WINDOW],
            cwd=ROOT,
            env=os.environ | {"DISPLAY": display},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[0].startswith("context ")
    assert lines[1:] == ["kept True", "draw buffer True", "errors ()"]

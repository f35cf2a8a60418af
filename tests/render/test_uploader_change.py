"""Pictures from another device: who takes them changes in the middle, and the one shown stays until then."""

import pytest

from render.errors import RenderError
from render.gl_compositor import GlCompositor
from render.picture_uploader import HostPictureUploader
from render.scene import Scene, View
from tests.render.scenes import composed, flat

pytestmark = pytest.mark.gl
SCENE = Scene((48, 32), View(1.0, 0.0, 0.0))


class Counting(HostPictureUploader):
    """Says when it was closed; refuses what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0
        self.refuses = False

    def upload(self, picture: object) -> None:
        if self.refuses:
            raise RenderError("no")
        super().upload(picture)

    def close(self) -> None:
        self.closed += 1
        super().close()


@pytest.mark.usefixtures("gl_context")
def test_the_picture_shown_stays_until_the_new_uploader_has_one() -> None:
    old, new = Counting(), Counting()
    compositor = GlCompositor(uploader=old)
    compositor.set_picture(flat(48, 32, 90))
    compositor.use_uploader(new)
    assert compositor.uploader is new
    assert (composed(compositor, SCENE) == 90).all()
    new.refuses = True
    with pytest.raises(RenderError):
        compositor.set_picture(flat(48, 32, 200))
    assert (composed(compositor, SCENE) == 90).all()
    assert old.closed == 0
    new.refuses = False
    compositor.set_picture(flat(24, 16, 200))
    assert old.closed == 1
    assert (composed(compositor, Scene((24, 16), View(1.0, 0.0, 0.0))) == 200).all()
    compositor.close()
    assert (old.closed, new.closed) == (1, 1)


@pytest.mark.usefixtures("gl_context")
def test_one_that_never_got_a_picture_is_closed_too() -> None:
    old, never, last = Counting(), Counting(), Counting()
    compositor = GlCompositor(uploader=old)
    compositor.set_picture(flat(48, 32, 90))
    compositor.use_uploader(never)
    compositor.use_uploader(last)
    assert never.closed == 1
    compositor.close()
    assert (old.closed, never.closed, last.closed) == (1, 1, 1)

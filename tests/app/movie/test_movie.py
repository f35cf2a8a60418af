"""Movies of an edit: the path through the latents, time with easing, frames at any size."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.errors import OutputError
from app.movie.edit_path import EditPath, Scene
from app.movie.options import EASINGS, MovieOptions
from app.movie.render import MovieRenderer, movie_scale, render_movie
from app.movie.timeline import Moment, frame_count, timeline
from app.recording.mp4_boxes import read_xmp
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed
from gan.generator import to_uint8
from tests.app.movies import decode
from tests.app.tiny import SIZE, tiny_generator


def dragged(step_count: int = 6) -> tuple[EditSession, EditPath]:
    session = EditSession(tiny_generator(), StartFromSeed(2))
    session.apply(AddHandle(0, (8, 16), (24, 16)))
    path = EditPath(step_count, session.session.w_plus.numel() * 4)
    walk(session, path, step_count)
    return session, path


def walk(session: EditSession, path: EditPath, step_count: int) -> None:
    for _ in range(step_count):
        path.note_before(session)
        session.step()
        path.note_step(session)


def test_the_path_is_the_drag_and_between_its_steps_it_is_mixed() -> None:
    session, path = dragged()
    path.note_end(session)
    (scene,) = path.scenes()
    assert scene.step_count == 6
    assert len(scene.keyframes) == 7
    torch.testing.assert_close(scene.at(0.0).w_plus, session.session.snapshot().w0.cpu())
    torch.testing.assert_close(scene.at(1.0).w_plus, session.session.w_plus.cpu())
    assert scene.at(1.0).handles[0][0] == pytest.approx(session.session.handles[0].tolist())
    a, b = scene.keyframes[2], scene.keyframes[3]
    half = scene.at(2.5 / 6)
    torch.testing.assert_close(half.w_plus, (a.w_plus + b.w_plus) / 2)
    middle = (np.array(a.handles[0][0]) + b.handles[0][0]) / 2
    assert half.handles[0][0] == pytest.approx(middle)


def test_another_start_is_another_scene_and_edits_between_steps_are_seen() -> None:
    session, path = dragged(3)
    session.apply(AddHandle(1, (4, 4), (9, 9)))
    walk(session, path, 2)
    session.apply(StartFromSeed(5))
    path.note_end(session)
    first, second = path.scenes()
    assert (first.step_count, second.step_count) == (5, 0)
    assert (first.origin, second.origin) == (StartFromSeed(2), StartFromSeed(5))
    assert set(first.keyframes[3].handles) == {0, 1}
    assert set(first.keyframes[2].handles) == {0}
    torch.testing.assert_close(second.at(0.7).w_plus, session.session.snapshot().w0.cpu())


def test_long_paths_are_thinned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(2))
    session.apply(AddHandle(0, (8, 16), (24, 16)))
    latent_bytes = session.session.w_plus.numel() * 4
    monkeypatch.setattr("app.movie.edit_path.LARGEST_BYTES", 4 * latent_bytes)
    path = EditPath(20, latent_bytes)
    walk(session, path, 20)
    (scene,) = path.scenes()
    assert 4 <= len(scene.keyframes) <= 7
    assert scene.step_count == 20
    torch.testing.assert_close(scene.at(1.0).w_plus, session.session.w_plus.cpu())


def scene_of(step_count: int) -> tuple[Scene, ...]:
    session, path = dragged(2)
    path.note_end(session)
    return (Scene(path.scenes()[0].keyframes, step_count, StartFromSeed(0)),)


@pytest.mark.parametrize("easing", list(EASINGS))
def test_easings_go_from_start_to_end_and_never_back(easing: str) -> None:
    ease = EASINGS[easing]
    values = [ease(i / 50) for i in range(51)]
    assert values[0] == pytest.approx(0)
    assert values[-1] == pytest.approx(1)
    assert all(b >= a for a, b in pairwise(values))
    softly = values[1] < 0.01
    assert softly == (easing != "linear")


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_time_does_not_depend_on_the_rate(fps: int) -> None:
    options = MovieOptions(fps=fps, hold_s=1.0, seconds=2.0)
    count = frame_count(scene_of(40), options)
    assert count / fps == pytest.approx(2.0 + 0.5 + 0.58 + 0.5 + 1.0, abs=0.1)
    moments = list(timeline(scene_of(40), options))
    assert (moments[0].position, moments[-1].position) == (0.0, 1.0)
    assert not moments[0].show_markers
    assert not moments[-1].show_markers
    assert moments[1].mask_opacity > 0


def test_a_clean_movie_shows_no_markers_and_without_hold_it_is_the_drag_alone() -> None:
    clean = list(timeline(scene_of(40), MovieOptions(clean=True)))
    assert not any(moment.show_markers or moment.mask_opacity for moment in clean)
    bare = list(timeline(scene_of(60), MovieOptions(hold_s=0.0, easing="linear")))
    assert len(bare) == 61
    assert all(moment.repeat == 1 for moment in bare)


def test_the_first_frame_is_the_picture_at_full_resolution(tmp_path: Path) -> None:
    session, path = dragged(3)
    path.note_end(session)
    options = MovieOptions(size_px=SIZE, mark=False, seconds=0.2, hold_s=0.1)
    writer = render_movie(tmp_path / "m.png", tiny_generator(), path.scenes(), options)
    files = sorted(writer.path.iterdir())
    assert len(files) == frame_count(path.scenes(), options)
    first, last = (np.array(Image.open(file)) for file in (files[0], files[-1]))
    np.testing.assert_array_equal(first, session.start)
    after = to_uint8(tiny_generator().image(session.session.w_plus)).numpy()
    np.testing.assert_array_equal(last, after)


def test_markers_appear_where_the_handle_is() -> None:
    session, path = dragged(3)
    path.note_end(session)
    renderer = MovieRenderer(tiny_generator(), MovieOptions(size_px=512, mark=False))
    assert renderer.size == (512, 512)
    keyframe = path.scenes()[0].at(0.0)
    plain = renderer.frame(keyframe, Moment(0, 0.0, False)).astype(int)
    marked = renderer.frame(keyframe, Moment(0, 0.0, True)).astype(int)
    difference = np.abs(marked - plain).max(axis=2)
    y, x = int((16 + 0.5) * 16), int((8 + 0.5) * 16)
    assert difference[y - 12 : y + 12, x - 12 : x + 12].max() > 60
    assert difference[:100].max() < 40


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".webp"])
def test_every_format(tmp_path: Path, suffix: str) -> None:
    session, path = dragged(2)
    path.note_end(session)
    options = MovieOptions(fps=10, size_px=64, seconds=1.0, hold_s=0.2)
    heard: list[int] = []
    file = tmp_path / f"m{suffix}"
    render_movie(file, tiny_generator(), path.scenes(), options, lambda: heard.append(1))
    count = frame_count(path.scenes(), options)
    assert len(heard) == count
    if suffix in (".mp4", ".webm"):
        frames = decode(file)
        assert len(frames) == count
        assert frames[0].shape == (64, 64, 3)
    else:
        with Image.open(file) as image:
            assert image.size == (64, 64)
            assert getattr(image, "n_frames", 1) > 3


def test_a_movie_of_two_pictures_names_both_seeds(tmp_path: Path) -> None:
    session, path = dragged(2)
    session.apply(StartFromSeed(5))
    path.note_end(session)
    options = MovieOptions(fps=10, size_px=64, seconds=0.2, hold_s=0.2)
    file = tmp_path / "m.mp4"
    render_movie(file, tiny_generator(), path.scenes(), options)
    assert len(decode(file)) == frame_count(path.scenes(), options)
    assert [path.name for path in tmp_path.iterdir()] == ["m.mp4"]
    packet = read_xmp(file)
    assert packet is not None
    assert 'livedrag:Seed="2"' in packet
    assert 'livedrag:EndSeed="5"' in packet


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    session, path = dragged(2)
    path.note_end(session)

    def cancel() -> None:
        raise OutputError("cancelled")

    with pytest.raises(OutputError, match="cancelled"):
        render_movie(tmp_path / "m.mp4", tiny_generator(), path.scenes(), MovieOptions(), cancel)
    assert list(tmp_path.iterdir()) == []


def test_the_size_is_the_pictures_own_or_what_was_asked_for() -> None:
    assert movie_scale((64, 64), None) == 8.0
    assert movie_scale((1024, 512), None) == 1.0
    assert movie_scale((1024, 512), 1920) == pytest.approx(1.875)

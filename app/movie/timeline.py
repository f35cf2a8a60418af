"""How time runs in a movie: each scene opens on the bare picture, shows what will be pulled where, follows
the drag, and rests on the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.movie.edit_path import Scene
from app.movie.options import EASINGS, MovieOptions

MASK_OPACITY = 0.45
SECONDS_PER_STEP = 1 / 30
SHORTEST_DRAG_S, LONGEST_DRAG_S = 1.5, 20.0
PLAIN_SHARE, MARKED_SHARE = 0.5, 0.58  # of hold_s: the start without and with handles
END_MARKED_SHARE = 0.5
MASK_FADE_S = 0.5


@dataclass(frozen=True)
class Moment:
    """One frame, shown `repeat` times. position: 0..1 of the scene; state "done": handles look arrived."""

    scene: int
    position: float
    show_markers: bool
    mask_opacity: float = 0.0
    at_end: bool = False
    repeat: int = 1


def timeline(scenes: tuple[Scene, ...], options: MovieOptions) -> Iterator[Moment]:
    """The moments of a movie, in order."""
    for i, scene in enumerate(scenes):
        yield from _scene_moments(i, scene, options)


def frame_count(scenes: tuple[Scene, ...], options: MovieOptions) -> int:
    """Frames of the whole movie; repeated ones counted."""
    return sum(moment.repeat for moment in timeline(scenes, options))


def _scene_moments(number: int, scene: Scene, options: MovieOptions) -> Iterator[Moment]:
    fps, hold = options.fps, options.hold_s
    markers = not options.clean
    yield Moment(number, 0.0, False, repeat=max(1, round(hold * PLAIN_SHARE * fps)))
    if scene.step_count == 0:
        yield Moment(number, 1.0, False, repeat=max(1, round(hold * fps)))
        return
    if hold > 0:
        mask = MASK_OPACITY if markers else 0.0
        yield Moment(number, 0.0, markers, mask, repeat=max(1, round(hold * MARKED_SHARE * fps)))
    count = max(2, round(drag_seconds(scene, options) * fps))
    ease = EASINGS[options.easing]
    for k in range(1, count + 1):
        fade = max(0.0, 1 - k / (MASK_FADE_S * fps)) if hold > 0 and markers else 0.0
        yield Moment(number, ease(k / count), markers, MASK_OPACITY * fade)
    if hold > 0:
        yield Moment(number, 1.0, markers, at_end=True, repeat=max(1, round(hold * END_MARKED_SHARE * fps)))
        yield Moment(number, 1.0, False, at_end=True, repeat=max(1, round(hold * fps)))


def drag_seconds(scene: Scene, options: MovieOptions) -> float:
    """How long a scene's drag is shown."""
    if options.seconds is not None:
        return options.seconds
    return min(max(scene.step_count * SECONDS_PER_STEP, SHORTEST_DRAG_S), LONGEST_DRAG_S)

"""Pictures of critters: landmarks on their parts, mirror symmetry, determinism, continuity."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gan.critters.anatomy import anatomy
from gan.critters.body import PART_NAMES
from gan.critters.factors import FACTOR_COUNT, FACTOR_NAMES, mirrored, sample_factors
from gan.critters.landmarks import LANDMARK_NAMES, landmarks_px
from gan.critters.renderer import CritterError, CritterRenderer

RESOLUTION = 32
MIRROR_ORDER = [1, 0, 2, 4, 3, 5, 7, 6, 9, 8, 10, 11]

# where each landmark may be seen when the critter faces the camera
PARTS_OF = {
    "eye": {"eye", "lid"},
    "nose": {"nose"},
    "mouth": {"mouth", "muzzle", "jaw", "tongue", "fang"},
    "chin": {"jaw"},
    "ear": {"ear"},
    "cheek": {"head", "muzzle"},
    "top": {"head", "tuft"},
    "lip": {"mouth", "muzzle", "tongue", "fang"},
}


def facing(count: int) -> Tensor:
    """Critters that look straight ahead, else as drawn."""
    z = sample_factors(21, range(count))
    for name in ("yaw", "pitch", "roll", "ear_flop"):
        z[:, FACTOR_NAMES.index(name)] *= 0.1
    return z


@pytest.fixture(scope="module")
def renderer() -> CritterRenderer:
    return CritterRenderer(RESOLUTION, compiled=False)


@pytest.fixture(scope="module")
def parts_seen() -> tuple[Tensor, Tensor]:
    """(part ids (N, H, W), landmarks (N, 12, 2)) of a few critters that face the camera."""
    z = facing(4)
    return CritterRenderer(96, compiled=False).render_parts(z), landmarks_px(anatomy(z), 96)


def test_landmarks_lie_on_their_parts(parts_seen: tuple[Tensor, Tensor]) -> None:
    ids, landmarks = parts_seen
    for part_ids, points in zip(ids, landmarks, strict=True):
        for name, (x, y) in zip(LANDMARK_NAMES, points.tolist(), strict=True):
            around = part_ids[round(y) - 1 : round(y) + 2, round(x) - 1 : round(x) + 2]
            seen = {PART_NAMES[i] for i in around.unique().tolist()}
            assert seen & PARTS_OF[name.split("_")[0]], f"{name} at {x:.1f}, {y:.1f} sees {seen}"


def test_nose_and_eyes_are_found_where_their_pixels_are(parts_seen: tuple[Tensor, Tensor]) -> None:
    ids, landmarks = parts_seen
    for part_ids, points in zip(ids, landmarks, strict=True):
        nose = _centre(part_ids == PART_NAMES.index("nose"))
        assert (nose - points[LANDMARK_NAMES.index("nose")]).norm() < 3
        eyes = (part_ids == PART_NAMES.index("eye")) | (part_ids == PART_NAMES.index("lid"))
        middle = int(points[LANDMARK_NAMES.index("nose"), 0])
        for side, columns in (("left", slice(0, middle)), ("right", slice(middle, None))):
            half = torch.zeros_like(eyes)
            half[:, columns] = eyes[:, columns]
            assert (_centre(half) - points[LANDMARK_NAMES.index(f"eye_{side}")]).norm() < 4


def test_an_ear_ends_at_its_landmark(parts_seen: tuple[Tensor, Tensor]) -> None:
    ids, landmarks = parts_seen
    for part_ids, points in zip(ids, landmarks, strict=True):
        rows, columns = torch.nonzero(part_ids == PART_NAMES.index("ear"), as_tuple=True)
        ear = torch.stack((columns, rows), 1).float()
        foot = (points[LANDMARK_NAMES.index("eye_left")] + points[LANDMARK_NAMES.index("eye_right")]) / 2
        for name in ("ear_left", "ear_right"):
            tip = points[LANDMARK_NAMES.index(name)]
            outwards = (tip - foot) / (tip - foot).norm()
            reach = ((ear - foot) @ outwards).max()
            assert abs(reach - (tip - foot).norm()) < 3, name


def test_the_mirrored_factors_give_the_mirrored_picture(renderer: CritterRenderer) -> None:
    z = sample_factors(3, range(2))
    seen, mirror = renderer.render(z), renderer.render(mirrored(z))
    flipped = mirror.landmarks_px.clone()
    flipped[..., 0] = RESOLUTION - 1 - flipped[..., 0]
    torch.testing.assert_close(flipped[:, MIRROR_ORDER], seen.landmarks_px, atol=1e-3, rtol=0)
    assert not torch.equal(mirror.pictures, seen.pictures)
    # a float's last bit may decide a rounding, or in a pixel whether it is an edge
    difference = (mirror.pictures.flip(3).float() - seen.pictures.float()).abs()
    assert (difference > 1).float().mean() < 1e-3
    assert difference.mean() < 0.02
    ids, mirrored_ids = renderer.render_parts(z), renderer.render_parts(mirrored(z)).flip(2)
    assert (ids != mirrored_ids).float().mean() < 1e-3


def test_a_picture_does_not_depend_on_its_batch(renderer: CritterRenderer) -> None:
    z = sample_factors(4, range(4))
    together = renderer.render(z)
    alone = [renderer.render(z[i : i + 1]) for i in (3, 1)]
    for i, single in zip((3, 1), alone, strict=True):
        assert torch.equal(single.pictures[0], together.pictures[i])
        assert torch.equal(single.landmarks_px[0], together.landmarks_px[i])
    other = CritterRenderer(RESOLUTION, compiled=False)
    assert torch.equal(other.render(z[:1]).pictures, together.pictures[:1])


def test_a_small_step_of_a_factor_is_a_small_step_of_the_picture() -> None:
    small = CritterRenderer(24, compiled=False)
    z = sample_factors(8, [2])
    start = small.render(z).pictures.float()
    for i, name in list(enumerate(FACTOR_NAMES))[::2]:  # half of them: a render is a tenth of a second
        moved = z.clone()
        moved[:, i] += 0.02
        change = (small.render(moved).pictures.float() - start).abs()
        assert change.mean() < 1.0, name
        assert change.max() < 64, name


def test_factors_can_be_seen() -> None:
    small = CritterRenderer(24, compiled=False)
    middle = torch.zeros(1, FACTOR_COUNT)
    # some factors need another to be seen: spikes a mane, a mane's hue too
    middle[:, FACTOR_NAMES.index("mane")] = 1
    start = small.render(middle).pictures.float()
    for i, name in list(enumerate(FACTOR_NAMES))[1::2]:  # the other half
        moved = middle.clone()
        moved[:, i] += 2
        change = (small.render(moved).pictures.float() - start).abs()
        assert change.mean() > 0.05, name


def test_two_resolutions_show_the_same_critter() -> None:
    z = sample_factors(9, range(1))
    fine, coarse = (CritterRenderer(size, compiled=False).render(z) for size in (96, 48))
    shrunk = torch.nn.functional.avg_pool2d(fine.pictures.float(), 2)
    assert (shrunk - coarse.pictures.float()).abs().mean() < 3
    torch.testing.assert_close((fine.landmarks_px + 0.5) / 2 - 0.5, coarse.landmarks_px)


def test_what_cannot_be_rendered_is_said_in_a_line(renderer: CritterRenderer) -> None:
    with pytest.raises(CritterError, match="resolution 4 is out of range; give 16 to 1024"):
        CritterRenderer(4)
    with pytest.raises(CritterError, match=r"shape \(1, 48\); give \(N, 56\)"):
        renderer.render(torch.zeros(1, 48))
    bad = torch.zeros(1, FACTOR_COUNT)
    bad[0, 3] = float("nan")
    with pytest.raises(CritterError, match="not finite"):
        renderer.render(bad)


def test_no_critters_are_an_empty_batch(renderer: CritterRenderer) -> None:
    batch = renderer.render(torch.zeros(0, FACTOR_COUNT))
    assert batch.pictures.shape == (0, 3, RESOLUTION, RESOLUTION)
    assert batch.landmarks_px.shape == (0, 12, 2)


def test_without_a_working_compiler_pictures_are_the_same(
    renderer: CritterRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(function: object, **_: object) -> Callable[..., None]:
        def call(*_: Tensor) -> None:
            raise RuntimeError("no compiler here\nwith a long story")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    monkeypatch.setattr("gan.critters.renderer.can_compile", lambda device: True)
    z = sample_factors(4, [3])
    with pytest.warns(UserWarning, match=r"several times slower: no compiler here$"):
        found = CritterRenderer(RESOLUTION).render(z)
    assert torch.equal(found.pictures, renderer.render(z).pictures)
    with pytest.raises(RuntimeError, match="no compiler here"):
        CritterRenderer(RESOLUTION, compiled=True).render(z)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU; torch sees none")
def test_a_gpu_renders_the_same_pictures(renderer: CritterRenderer) -> None:
    z = sample_factors(4, range(2))
    ours = CritterRenderer(RESOLUTION, "cuda", compiled=False).render(z)
    expected = renderer.render(z)
    difference = (ours.pictures.cpu().float() - expected.pictures.float()).abs()
    assert difference.mean() < 0.2
    torch.testing.assert_close(ours.landmarks_px.cpu(), expected.landmarks_px, atol=1e-3, rtol=0)


def _centre(mask: Tensor) -> Tensor:
    """The mean (x, y) of a mask's pixels."""
    rows, columns = torch.nonzero(mask, as_tuple=True)
    return torch.stack((columns.float().mean(), rows.float().mean()))

"""`livedrag show`: the sheets, the poster, the list that comes out, and one line for every mistake."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from app.edit_choice import ShownEdit, badness, perform, perform_best
from app.edit_list import Disc, ListedEdit, load_edits, save_edits
from app.edit_poster import MARGIN_PX, PICTURE_PX, edit_poster
from app.errors import UsageError
from app.evaluation_sheets import STRIP_STEPS
from app.picture_sheets import PAPER
from app.session.document import load_document
from app.session.replay import replay
from gan import load_generator
from gan.critters.landmarks import LANDMARK_NAMES
from gan.drag_session import DragSession
from gan.evaluate import kept_reader
from gan.evaluate.landmark_reader import LandmarkReader
from gan.step_result import StepResult
from tests.app.command_line import performed, refused
from tests.app.tiny import SIZE, save_tiny_model, tiny_generator
from tests.gan.train.sets import write_paired_set

ROOT = Path(__file__).resolve().parents[3]
GIVEN = ListedEdit("pulled", "A point to the right", (0.4, 0.5), (0.1, 0.0), seed=3, steps=4)
FOUND = {name: (0.3 + 0.03 * i, 0.5) for i, name in enumerate(LANDMARK_NAMES)}


class FixedReader(LandmarkReader):
    """Finds the landmarks where FOUND says, in every picture."""

    def __init__(self) -> None:
        """Needs no network."""
        self.names = LANDMARK_NAMES

    def read(self, pictures: Tensor) -> NDArray[np.float64]:
        return np.array([list(FOUND.values())] * len(pictures))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


def saved(path: Path, *edits: ListedEdit) -> Path:
    save_edits(path, list(edits))
    return path


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        assert "trainedAlgorithmicMedia" in str(picture.info)
        assert np.asarray(picture).std() > 5, "something is drawn"
        return picture.size


def test_samples_and_a_strip(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "out"
    said = performed(capsys, "show", model, "--out", out, "--strip", "5,8,5", "--device", "cpu")
    assert said.split() == [str(out / "samples.png"), str(out / "interpolation.png")]
    assert sorted(path.name for path in out.iterdir()) == ["interpolation.png", "samples.png"]
    assert size_of(out / "samples.png") == (8 * 128, 6 * 128)
    assert size_of(out / "interpolation.png") == ((STRIP_STEPS + 1) * 128, 2 * 128)
    with Image.open(out / "interpolation.png") as strip:
        cells = np.asarray(strip)
    # there and back again: the second row is the first one reversed, up to roundings, which enlarging adds up
    first, second = (
        [cells[y * 128 : y * 128 + 90, x * 128 : (x + 1) * 128] for x in range(STRIP_STEPS + 1)]
        for y in (0, 1)
    )
    for there, back in zip(first, second[::-1], strict=True):
        assert np.abs(there.astype(int) - back).max() <= 3
    assert not np.array_equal(first[0], first[-1])


def test_given_points_need_no_renders(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = ListedEdit(
        "held", "Only a disc may move", (0.5, 0.5), (0.0, 0.2), (0.0, -0.1), (Disc((0.5, 0.5), 0.25),),
        seed=4, psi=0.5, steps=3,
    )  # fmt: skip
    edits = saved(tmp_path / "edits.json", GIVEN, held)
    out = tmp_path / "out"
    movie = ("--video", "webp", "--seconds", "0.2", "--hold", "0.1", "--size", "64")
    said = performed(
        capsys, "show", model, "--out", out, "--edits", edits, *movie, "--json", "--device", "cpu"
    )
    result = json.loads(said)
    assert set(result["files"]) == {
        "samples", "interpolation", "edits", "pulled", "held", "list", "video"
    }  # fmt: skip
    assert all(Path(path).is_file() for path in result["files"].values())
    assert [(edit["name"], edit["seed"]) for edit in result["edits"]] == [("pulled", 3), ("held", 4)]
    assert size_of(out / "edits.png")[0] > 4 * PICTURE_PX
    with Image.open(out / "edits.webp") as animation:
        assert animation.size == (64, 64)
        assert animation.n_frames > 4  # type: ignore[attr-defined]
    # what came out can be given again
    again = load_edits(out / "edits.json")
    assert again == [GIVEN, held]
    assert again[1].target({}) == pytest.approx((0.5, 0.6))
    only = performed(
        capsys, "show", model, "--out", tmp_path / "b", "--edits", out / "edits.json", "--only", "held",
        "--device", "cpu",
    )  # fmt: skip
    assert only.startswith("held: seed 4, ")
    assert "pulled" not in only
    # the sessions are the edits, step for step
    document = load_document(out / "sessions" / "held.json")
    replayed = replay(document, load_generator(model))
    shown = perform(tiny_generator(), again[1])
    assert np.array_equal(replayed.session.image(), shown.after)
    assert replayed.painted_mask is not None
    mask = replayed.painted_mask > 0
    rows, columns = np.nonzero(mask)
    assert (rows.mean(), columns.mean()) == pytest.approx((15.5, 15.5))
    assert mask.sum() == pytest.approx(np.pi * (0.25 * SIZE) ** 2, rel=0.05)


def test_the_best_of_several_pictures_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    generator, reader = tiny_generator(), FixedReader()
    edit = ListedEdit("nose", "The nose", "nose", (0.1, 0.0), steps=3)
    heard: list[str] = []
    scores: dict[int, float] = {}
    real = badness

    def noted(shown: ShownEdit, *rest: object) -> float:
        assert shown.edit.seed is not None
        scores[shown.edit.seed] = real(shown, *rest)  # type: ignore[arg-type]
        return scores[shown.edit.seed]

    monkeypatch.setattr("app.edit_choice.badness", noted)
    best = perform_best(generator, edit, reader, range(5, 9), heard.append)
    assert len(heard) == len(scores) == 4
    assert best.edit.seed == min(scores, key=lambda seed: scores[seed])
    assert best.edit.at == FOUND["nose"]
    assert not best.edit.needs_landmarks
    own = perform_best(
        generator, ListedEdit("n", "N", "nose", (0.1, 0.0), seed=7, steps=3), reader, (), heard.append
    )
    assert own.edit.seed == 7
    far = ListedEdit("far", "Out of the picture", "nose", (0.9, 0.0))
    with pytest.raises(UsageError, match="no picture that was tried there is room for the edit 'far'"):
        perform_best(generator, far, reader, range(2), heard.append)


def test_an_edit_is_worse_the_less_came_of_it() -> None:
    reader, picture = FixedReader(), tiny_generator()
    shown = perform(picture, GIVEN)
    edit = ListedEdit("nose", "The nose", "nose", (0.1, 0.0), steps=4)
    eye = ListedEdit("eye", "A lid", "eye_left", (0.1, 0.0), (0.0, -0.01), steps=4)
    # FOUND does not move: the landmark is left behind by its whole way, which a lid's need not take
    difference = badness(shown, edit, reader, FOUND) - badness(shown, eye, reader, FOUND)
    assert difference == pytest.approx(1.0)
    flat = replace(shown, after=np.full_like(shown.after, 128))
    assert badness(flat, eye, reader, FOUND) > badness(shown, eye, reader, FOUND) + 0.9


def test_landmarks_are_found_by_the_reader_of_evaluate(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    def train(pictures: Tensor, *_: object) -> FixedReader:
        trained.append(len(pictures))
        return FixedReader()

    monkeypatch.setattr(kept_reader, "train_landmark_reader", train)
    monkeypatch.setattr(FixedReader, "save", lambda self, path: None)
    monkeypatch.setattr(FixedReader, "to", lambda self, device: self)
    edits = saved(tmp_path / "edits.json", ListedEdit("nose", "The nose", "nose", (0.1, 0.0), steps=2))
    renders = write_paired_set(tmp_path / "set", 50)
    said = performed(
        capsys, "show", model, "--out", tmp_path / "out", "--edits", edits, "--tries", 2,
        "--renders", renders, "--work", tmp_path / "work", "--device", "cpu",
    )  # fmt: skip
    assert trained == [50]
    assert said.startswith("nose: seed ")
    (settled,) = load_edits(tmp_path / "out" / "edits.json")
    assert settled.at == pytest.approx(FOUND["nose"])
    assert settled.seed in (0, 1)


def test_a_refused_step_is_none_of_an_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    step = DragSession.step

    def third_is_not_finite(session: DragSession) -> StepResult:
        result = step(session)
        return replace(result, finite=torch.tensor(False)) if result.iteration == 3 else result

    monkeypatch.setattr(DragSession, "step", third_is_not_finite)
    shown = perform(tiny_generator(), GIVEN)
    assert (shown.iterations, shown.scenes[0].step_count, len(shown.scenes[0].keyframes)) == (2, 2, 3)


def test_the_poster_has_a_place_for_every_edit() -> None:
    shown = perform(tiny_generator(), GIVEN)
    one, three = edit_poster([shown]), edit_poster([shown] * 3)
    assert one.shape[1] < three.shape[1]
    inside = three[MARGIN_PX : MARGIN_PX + PICTURE_PX, MARGIN_PX : MARGIN_PX + PICTURE_PX]
    assert inside.std() > 5
    empty = three[-PICTURE_PX // 2 :, -PICTURE_PX:]  # the fourth place
    assert (empty == PAPER).all()


def test_the_list_of_the_repository_is_one() -> None:
    edits = load_edits(ROOT / "assets" / "edits.json")
    assert len(edits) == 10
    assert len({edit.title for edit in edits}) == 10


def test_what_is_refused(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "text.json").write_text("no list")
    good = saved(tmp_path / "good.json", GIVEN)
    out = ["--out", tmp_path / "out", "--device", "cpu"]

    def listed(**changes: object) -> Path:
        path = tmp_path / "bad.json"
        known = {"name": "a", "title": "A", "at": [0.5, 0.5], "by": [0.1, 0], "seed": 1}
        known |= changes
        path.write_text(json.dumps([{k: v for k, v in known.items() if v is not None}]))
        return path

    cases: list[tuple[list[object], str]] = [
        ([model, "--out", tmp_path / "file"], "cannot write to"),
        ([tmp_path / "none.safetensors", *out], "none.safetensors"),
        ([model, *out, "--strip", "3"], "give at least two"),
        ([model, *out, "--strip", "3,x"], "'x' is no whole number"),
        ([model, *out, "--tries", "0"], "'0' is out of range"),
        ([model, *out, "--only", "a"], "are for --edits"),
        ([model, *out, "--video", "webp"], "are for --edits"),
        ([model, *out, "--edits", good, "--only", "b"], "has no edit 'b'; it has pulled"),
        ([model, *out, "--edits", tmp_path / "none.json"], "No such file"),
        ([model, *out, "--edits", tmp_path / "out" / "edits.json", "--only", "a"], "give another --out"),
        ([model, *out, "--edits", tmp_path / "text.json"], "is not a list of edits"),
        ([model, *out, "--edits", saved(tmp_path / "empty.json")], "lists no edits"),
        ([model, *out, "--edits", saved(tmp_path / "two.json", GIVEN, GIVEN)], "two of that name"),
    ]
    for arguments, words in cases:
        assert words in refused(capsys, "show", *arguments)
    for changes, words in (
        ({"name": "A/B"}, "it names files"),
        ({"at": "tail"}, "'tail' is no landmark; there are eye_left"),
        ({"at": [0.5, 1.5]}, "outside the picture"),
        ({"by": [0, 0]}, "its target is its handle"),
        ({"by": [0.6, 0]}, "the point 1.1, 0.5 is outside the picture"),
        ({"seed": None}, "give its 'seed'"),
        ({"seed": -1}, "the seed -1 is out of range"),
        ({"psi": 3}, "the psi 3 is out of range"),
        ({"steps": 0}, "0 steps are out of range"),
        ({"rows": 19}, "19 rows are out of range; give 1 to 18"),
        ({"movable": [{"at": "nose", "radius": 0}]}, "radius must be above 0"),
        ({"colour": "red"}, "colour"),
    ):  # fmt: skip
        assert words in refused(capsys, "show", model, *out, "--edits", listed(**changes))

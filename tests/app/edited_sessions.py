"""Sessions with edits of every kind, and their states, to the bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.session.edit_session import EditSession
from app.session.edits import (
    AddHandle,
    ClearHandles,
    Edit,
    MoveHandle,
    MoveTarget,
    RemoveHandle,
    SetParams,
    StartFromSeed,
    Steps,
    set_mask_edit,
)
from gan.drag_params import DragParams
from gan.drag_session import DragSession
from tests.app.tiny import SIZE


def half_mask(value: int = 1) -> np.ndarray:
    painted = np.zeros((SIZE, SIZE), np.uint8)
    painted[: SIZE // 2] = value
    return painted


def fingerprint(drag: DragSession, painted: np.ndarray | None = None) -> tuple[object, ...]:
    """Everything that a person could notice, to the bit."""
    return (
        drag.w_plus.numpy().tobytes(),
        drag.handle_ids,
        str(drag.handles.tolist()),
        str(drag.targets.tolist()),
        None if drag.mask is None else drag.mask.numpy().tobytes(),
        drag.params,
        drag.image().tobytes(),
        None if painted is None else painted.tobytes(),
    )


def state_of(session: EditSession) -> tuple[object, ...]:
    return fingerprint(session.session, session.painted_mask)


MIXED: list[tuple[str, list[Edit]]] = [
    ("place", [AddHandle(0, (10, 12), (20, 12)), AddHandle(1, (22.5, 20), (22, 9))]),
    ("drag", [Steps(3)]),
    ("paint", [set_mask_edit(half_mask())]),
    ("drag", [Steps(2), MoveTarget(0, (25, 14)), Steps(1), MoveTarget(0, (28, 15)), Steps(2)]),
    ("parameters", [SetParams(DragParams.released())]),
    ("drag", [Steps(2)]),
    ("move handle", [MoveHandle(1, (15, 15))]),
    ("fix", [set_mask_edit(half_mask(2))]),
    ("drag", [Steps(2)]),
    ("new seed", [StartFromSeed(7, 0.5)]),
    ("drag", [Steps(2)]),
    ("remove", [RemoveHandle(0)]),
    ("drag", [Steps(1)]),
    ("clear", [ClearHandles()]),
    ("grab", [AddHandle(2, (16, 16), (16, 16)), MoveTarget(2, (20, 20)), Steps(1), MoveTarget(2, (40, -9))]),
    ("drag", [Steps(2)]),
    ("no mask", [set_mask_edit(None)]),
    ("parameters", [SetParams(replace(DragParams(), latent_space="w"))]),
    ("drag", [Steps(3)]),
    ("place", [AddHandle(5, (0, 31), (31, 0))]),
]


def perform(session: EditSession, units: list[tuple[str, list[Edit]]]) -> list[tuple[object, ...]]:
    """Applies the units; returns the states before the first and after each."""
    states = [state_of(session)]
    for label, edits in units:
        session.begin(label)
        for edit in edits:
            session.apply(edit)
        states.append(state_of(session))
    return states

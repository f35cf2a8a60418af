"""How a step is executed: `EagerRunner` calls the step function, `CapturedRunner` replays it as one graph.

Both run the same pure function (`gan.drag_step.run_step`). A captured graph works on fixed memory: the state
is copied into its buffers where it is not there already, one replay does everything from the network to Adam
and the tracking, and one copy takes the new state out, so that snapshots stay immutable. What graphs are is
behind `GraphBackend`; the CUDA one is `gan.cuda_graphs`, and tests run the same runner on the CPU.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from gan.adam import AdamState
from gan.drag_params import DragParams
from gan.drag_state import DragSnapshot
from gan.drag_step import LatentEvaluation, StepScalars, run_step
from gan.feature_source import FeatureSource
from gan.step_result import StepResult

log = logging.getLogger(__name__)

StepOutcome = tuple[DragSnapshot, StepResult, LatentEvaluation | None]


class StepRunner(Protocol):
    """Executes one step; see `gan.drag_step.run_step` for the arguments and the outcome."""

    def step(self, source: FeatureSource, state: DragSnapshot, ahead: LatentEvaluation | None) -> StepOutcome:
        """One iteration, without waiting for the device."""
        ...

    def prepare(self, source: FeatureSource, state: DragSnapshot) -> None:
        """Does what the first step from a state like this one would take longer for."""
        ...

    def release(self) -> None:
        """Gives up memory that only makes the next step faster."""
        ...


class Graph(Protocol):
    """Recorded work on fixed memory."""

    def replay(self) -> None:
        """Does the work again, asynchronously, ordered behind the current stream."""
        ...


class CaptureRefusedError(Exception):
    """Work cannot be recorded here, though the device is well: it is to be launched piece by piece."""


class GraphBackend(Protocol):
    """Records work."""

    def capture(self, work: Callable[[], None]) -> Graph:
        """Runs `work` a few times to warm up, then records it. `work` must not wait for the device. Raises
        CaptureRefusedError where it does something that cannot be recorded."""
        ...

    def release(self) -> None:
        """Gives the device back what graphs that are gone by now have used."""
        ...


class EagerRunner:
    """Every operation is launched anew: the ordinary way, and the only one on a CPU."""

    def step(self, source: FeatureSource, state: DragSnapshot, ahead: LatentEvaluation | None) -> StepOutcome:
        """See StepRunner."""
        return run_step(source, state, ahead)

    def prepare(self, source: FeatureSource, state: DragSnapshot) -> None:
        """See StepRunner: every step takes as long as the first."""

    def release(self) -> None:
        """See StepRunner: nothing is kept."""


@dataclass(frozen=True)
class _Key:
    """What a recorded step depends on beside the contents of its buffers."""

    source: int
    handle_count: int
    params: DragParams
    region_shape: tuple[int, ...] | None


class CapturedRunner:
    """Replays one recorded step until the number of handles, a parameter that changes what is computed, the
    presence of a mask or the source changes; targets, learning rate and mask weight are read from memory.

    In the order supervise-then-track a replay evaluates the supervised latent again instead of keeping
    the last replay's activations for its backward pass: one more forward pass, the same numbers.
    A step that cannot be recorded is run as `EagerRunner` does: slower, the same numbers.
    """

    def __init__(self, backend: GraphBackend) -> None:
        self._backend = backend
        self._key: _Key | None = None
        self._source: FeatureSource | None = None  # keeps the id in the key from being given again
        self._recording: _Recording | None = None
        self.capture_count = 0

    def step(self, source: FeatureSource, state: DragSnapshot, ahead: LatentEvaluation | None) -> StepOutcome:
        """See StepRunner."""
        self.prepare(source, state)
        if self._recording is None:
            return run_step(source, state, ahead)
        return (*self._recording.step(state), None)

    def prepare(self, source: FeatureSource, state: DragSnapshot) -> None:
        """See StepRunner: the step is recorded, unless the recording that there is does for it."""
        key = _key(source, state)
        if key != self._key:
            self._recording = None  # its memory is free before the next is recorded
            self._key, self._source = key, source
            self._recording = self._record(source, state)

    def release(self) -> None:
        """See StepRunner: the next step is recorded anew."""
        self._recording = self._key = self._source = None

    def _record(self, source: FeatureSource, state: DragSnapshot) -> _Recording | None:
        try:
            recording = _Recording(self._backend, source, state)
        except CaptureRefusedError as error:
            log.warning("the step runs without a recorded graph: %s", error)
            return None
        except Exception:
            self._key = None  # to be tried again
            raise
        self.capture_count += 1
        return recording


def _key(source: FeatureSource, state: DragSnapshot) -> _Key:
    neutral = DragParams()
    # these two are read from memory
    params = replace(state.params, learning_rate=neutral.learning_rate, mask_weight=neutral.mask_weight)
    region = state.region
    shape = None if region is None else (*region.box, *region.pad, *region.weights.shape)
    return _Key(id(source), state.handle_count, params, shape)


# Fields of the state that a step changes; targets and references are changed by edits only.
_STEPPED: tuple[str, ...] = ("w_plus", "handles", "centres", "first", "second", "step")


class _Recording:
    """One recorded step and its memory."""

    def __init__(self, backend: GraphBackend, source: FeatureSource, state: DragSnapshot) -> None:
        self._source = source
        # what is recorded reads its memory, and others give it up while a slider is pulled away and back
        self._step_map = source.step_map(state.is_masked)
        self._template = state
        self._buffers = {name: value.clone() for name, value in _fields(state).items()}
        like = state.w_plus
        self._scalars = StepScalars(like.new_zeros(()), like.new_zeros(()))
        self._scalar_values = (float("nan"), float("nan"))
        self._region = None
        self._initial: Tensor | None = None
        if state.region is not None and state.initial_map is not None:
            self._region = replace(state.region, weights=state.region.weights.clone())
            self._initial = state.initial_map.clone()
        self._masked_by = state.region, state.initial_map
        self._set_scalars(state.params)
        self._inside: dict[str, Tensor] = {}  # the tensors whose contents the buffers hold
        self._outcome = like.new_zeros(sum(v.numel() for v in self._outcome_parts(*self._run())))
        self._graph = backend.capture(self._body)

    def step(self, state: DragSnapshot) -> tuple[DragSnapshot, StepResult]:
        """Copies in what is not there, replays, copies out."""
        for name, value in _fields(state).items():
            if self._inside.get(name) is not value:
                self._buffers[name].copy_(value)
                self._inside[name] = value
        self._set_mask(state)
        self._set_scalars(state.params)
        for name in _STEPPED:  # where the replay, or the way out, fails, nobody knows what they hold
            del self._inside[name]
        self._graph.replay()
        return self._taken_out(state)

    def _set_mask(self, state: DragSnapshot) -> None:
        """Another mask of the same shape, or another start."""
        region, initial = state.region, state.initial_map
        if self._region is None or self._initial is None or region is None or initial is None:
            return
        if region is not self._masked_by[0]:
            self._region.weights.copy_(region.weights)
        if initial is not self._masked_by[1]:
            self._initial.copy_(initial)
        self._masked_by = region, initial

    def _set_scalars(self, params: DragParams) -> None:
        values = params.learning_rate, params.mask_weight
        if values != self._scalar_values:
            self._scalars.learning_rate.fill_(values[0])
            self._scalars.mask_weight.fill_(values[1])
            self._scalar_values = values

    def _run(self) -> tuple[DragSnapshot, StepResult]:
        b = self._buffers
        state = replace(
            self._template,
            w_plus=b["w_plus"],
            handles=b["handles"],
            targets=b["targets"],
            references=b["references"],
            centres=b["centres"],
            adam=AdamState(b["first"], b["second"], b["step"]),
            region=self._region,
            initial_map=self._initial,
        )
        state, result, _ = run_step(self._source, state, None, self._scalars)
        return state, result

    def _body(self) -> None:
        """What is recorded: a step from the buffers to the outcome, and back into the buffers."""
        state, result = self._run()
        torch.cat(self._outcome_parts(state, result), out=self._outcome)
        fields = _fields(state)
        into, new = [self._buffers[name] for name in _STEPPED], [fields[name] for name in _STEPPED]
        torch._foreach_copy_(into, new)  # pyright: ignore

    @staticmethod
    def _outcome_parts(state: DragSnapshot, result: StepResult) -> list[Tensor]:
        fields = _fields(state)
        parts = [fields[name] for name in _STEPPED]
        parts += [result.distances_px, result.confidences, result.loss, result.done, result.finite]
        return [part.to(state.w_plus.dtype).reshape(-1) for part in parts]

    def _taken_out(self, before: DragSnapshot) -> tuple[DragSnapshot, StepResult]:
        outcome = self._outcome.clone()
        parts: list[Tensor] = []
        begin = 0
        count = before.handle_count
        shapes = [self._buffers[name].shape for name in _STEPPED]
        for shape in [*shapes, torch.Size([count]), torch.Size([count]), *[torch.Size([])] * 3]:
            end = begin + shape.numel()
            parts.append(outcome[begin:end].view(shape))
            begin = end
        stepped = dict(zip(_STEPPED, parts[: len(_STEPPED)], strict=True))
        distances_px, confidences, loss, done, finite = parts[len(_STEPPED) :]
        self._inside.update(stepped)
        state = replace(
            before,
            w_plus=stepped["w_plus"],
            handles=stepped["handles"],
            centres=stepped["centres"],
            adam=AdamState(stepped["first"], stepped["second"], stepped["step"]),
            iteration=before.iteration + 1,
        )
        result = StepResult(
            iteration=state.iteration,
            handles=state.handles,
            targets=state.targets,
            distances_px=distances_px,
            confidences=confidences,
            loss=loss,
            done=done > 0,
            finite=finite > 0,
        )
        return state, result


def _fields(state: DragSnapshot) -> dict[str, Tensor]:
    return {
        "w_plus": state.w_plus,
        "handles": state.handles,
        "targets": state.targets,
        "references": state.references,
        "centres": state.centres,
        "first": state.adam.first,
        "second": state.adam.second,
        "step": state.adam.step,
    }

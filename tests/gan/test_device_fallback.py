"""The fallback's state machine, with work that fails as torch does."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch

from gan import DeviceError
from gan.device_fallback import LOST_NOTICE, NOTICES, DeviceFallback, DeviceLevel
from gan.errors import EditError


class Device:
    """Fails at the levels that it is told to; notes what it was asked."""

    def __init__(self, failures: Mapping[DeviceLevel, Exception]) -> None:
        self.failures = failures
        self.notices: list[str] = []
        self.levels: list[DeviceLevel] = []
        self.fallback = DeviceFallback(DeviceLevel.FULL, self.levels.append, self.notices.append)

    def work(self, level: DeviceLevel) -> DeviceLevel:
        if level in self.failures:
            raise self.failures[level]
        return level


def test_nothing_happens_while_all_is_well() -> None:
    device = Device({})
    assert device.fallback.run(device.work) is DeviceLevel.FULL
    assert not device.notices
    assert not device.levels


def test_out_of_memory_goes_down_in_steps_and_stays() -> None:
    full = torch.OutOfMemoryError("CUDA out of memory")
    device = Device({DeviceLevel.FULL: full})
    assert device.fallback.run(device.work) is DeviceLevel.PREVIEW
    device.failures = {DeviceLevel.PREVIEW: full}
    assert device.fallback.run(device.work) is DeviceLevel.CPU
    device.failures = {}
    assert device.fallback.run(device.work) is DeviceLevel.CPU
    assert device.notices == [NOTICES[DeviceLevel.PREVIEW], NOTICES[DeviceLevel.CPU]]
    assert device.levels == [DeviceLevel.PREVIEW, DeviceLevel.CPU]
    assert all("\n" not in notice for notice in device.notices)


def test_a_lost_device_goes_to_the_processor_at_once() -> None:
    device = Device({DeviceLevel.FULL: torch.AcceleratorError("CUDA error: unspecified launch failure")})
    assert device.fallback.run(device.work) is DeviceLevel.CPU
    assert device.notices == [LOST_NOTICE]


def test_errors_of_the_libraries_count_as_the_devices() -> None:
    device = Device({DeviceLevel.FULL: RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED\nmore")})
    assert device.fallback.run(device.work) is DeviceLevel.CPU
    assert device.notices == [LOST_NOTICE]
    full = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
    device = Device({DeviceLevel.FULL: full})
    assert device.fallback.run(device.work) is DeviceLevel.PREVIEW
    assert device.notices == [NOTICES[DeviceLevel.PREVIEW]]


def test_where_the_processor_is_full_too_there_is_one_line() -> None:
    device = Device(dict.fromkeys(DeviceLevel, torch.OutOfMemoryError("full")))
    with pytest.raises(DeviceError, match="memory is full") as caught:
        device.fallback.run(device.work)
    assert "\n" not in str(caught.value)


def test_other_errors_are_not_swallowed() -> None:
    for error in (ZeroDivisionError(), RuntimeError("shapes cannot be multiplied"), EditError("no handle")):
        device = Device({DeviceLevel.FULL: error})
        with pytest.raises(type(error)):
            device.fallback.run(device.work)
        assert device.notices == []


def test_a_processor_too_full_for_what_is_moved_there_is_one_line_and_tried_again() -> None:
    lost = torch.AcceleratorError("CUDA error: unspecified launch failure")
    failures: list[Exception] = [MemoryError(), RuntimeError("can't allocate memory: you tried")]

    def descend(_level: DeviceLevel) -> None:
        if failures:
            raise failures.pop()

    def work(level: DeviceLevel) -> DeviceLevel:
        if level is not DeviceLevel.CPU:
            raise lost
        return level

    fallback = DeviceFallback(DeviceLevel.FULL, descend, lambda _line: None)
    for _ in range(2):
        with pytest.raises(DeviceError, match="processor's memory is too full") as caught:
            fallback.run(work)
        assert "\n" not in str(caught.value)
        assert fallback.level is DeviceLevel.FULL
    assert fallback.run(work) is DeviceLevel.CPU


@pytest.mark.parametrize(
    ("second", "line"),
    [
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), LOST_NOTICE),
        (torch.OutOfMemoryError("CUDA out of memory"), NOTICES[DeviceLevel.CPU]),
    ],
)
def test_a_device_that_cannot_even_give_memory_back_is_left(second: Exception, line: str) -> None:
    levels: list[DeviceLevel] = []
    told: list[str] = []

    def descend(level: DeviceLevel) -> None:
        levels.append(level)
        if level is DeviceLevel.PREVIEW:
            raise second

    def work(level: DeviceLevel) -> DeviceLevel:
        if level is not DeviceLevel.CPU:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return level

    fallback = DeviceFallback(DeviceLevel.FULL, descend, told.append)
    assert fallback.run(work) is DeviceLevel.CPU
    assert levels == [DeviceLevel.PREVIEW, DeviceLevel.CPU]
    assert told[-1] == line

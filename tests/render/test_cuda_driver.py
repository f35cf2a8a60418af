"""The CUDA calls themselves, on a recorded stand-in of the bindings: arguments, errors as lines."""

import subprocess
import sys
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from render.cuda_driver import CudaInteropDriver, check_same_gpu
from render.device_image import DeviceImage, DeviceView
from render.errors import InteropError, RenderError
from tests.render.fake_interop import FakeInteropDriver

ROOT = Path(__file__).resolve().parents[2]
Code = IntEnum(
    "Code",
    {
        "cudaSuccess": 0,
        "cudaErrorInsufficientDriver": 35,
        "cudaErrorOperatingSystem": 304,
        "cudaErrorDeviceUnavailable": 46,
    },
)


class Runtime(ModuleType):
    """Answers every call with the next code, and `answers` beside it."""

    def __init__(self) -> None:
        super().__init__("cuda.bindings.runtime")
        self.cudaGLDeviceList = SimpleNamespace(cudaGLDeviceListAll=1)
        self.cudaGraphicsRegisterFlags = SimpleNamespace(cudaGraphicsRegisterFlagsWriteDiscard=2)
        self.cudaMemcpyKind = SimpleNamespace(cudaMemcpyDeviceToDevice=3)
        self.code = Code.cudaSuccess
        self.answers: tuple[object, ...] = ()
        self.called: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> object:
        if not name.startswith("cuda"):
            raise AttributeError(name)

        def call(*arguments: object) -> tuple[object, ...]:
            self.called.append((name, *arguments))
            return (self.code, *self.answers)

        return call


class Stream:
    """CuPy's: remembers the stream that is current while an array is wrapped."""

    current: list[int] = []  # noqa: RUF012

    def __init__(self, handle: int) -> None:
        self.handle = handle

    @classmethod
    def from_external(cls, foreign: object) -> "Stream":
        version, handle = foreign.__cuda_stream__()  # type: ignore[attr-defined]
        assert version == 0
        return cls(handle)

    def __enter__(self) -> None:
        self.current.append(self.handle)

    def __exit__(self, *error: object) -> None:
        self.current.pop()


class Exporter:
    """What torch's tensors look like. asked: on which streams they were to be ready."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)

    def __dlpack__(self, *, stream: object = None, max_version: object = None) -> object:
        self.asked.append(stream)
        return max_version


def wrapped(device: int = 0) -> SimpleNamespace:
    return SimpleNamespace(
        device=SimpleNamespace(id=device),
        data=SimpleNamespace(ptr=4096),
        shape=(3, 8, 16),
        dtype=np.dtype(np.float16),
        flags=SimpleNamespace(c_contiguous=True),
    )


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    made = Runtime()
    cupy = ModuleType("cupy")
    cupy.cuda = SimpleNamespace(Stream=Stream)  # type: ignore[attr-defined]
    for name, module in (
        ("cuda", ModuleType("cuda")),
        ("cuda.bindings", ModuleType("cuda.bindings")),
        ("cuda.bindings.runtime", made),
        ("cupy", cupy),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    return made


def test_the_calls_and_their_arguments(runtime: Runtime) -> None:
    driver = CudaInteropDriver()
    driver.select_device(1)
    runtime.answers = ("resource",)
    assert driver.register_texture(17) == "resource"
    runtime.answers = ()
    driver.map("resource", 99)
    runtime.answers = ("array",)
    assert driver.mapped_array("resource") == "array"
    runtime.answers = ()
    driver.copy_rows("array", DeviceView(4096, (3, 8, 16), "float16", True, None), 99)
    driver.copy_rows("array", DeviceView(4096, (5, 6), "float32", True, None), 99)
    driver.unmap("resource", 99)
    driver.unregister("resource")
    assert runtime.called == [
        ("cudaSetDevice", 1),
        ("cudaGraphicsGLRegisterImage", 17, 0x0DE1, 2),
        ("cudaGraphicsMapResources", 1, "resource", 99),
        ("cudaGraphicsSubResourceGetMappedArray", "resource", 0, 0),
        ("cudaMemcpy2DToArrayAsync", "array", 0, 0, 4096, 32, 32, 24, 3, 99),
        ("cudaMemcpy2DToArrayAsync", "array", 0, 0, 4096, 24, 24, 5, 3, 99),
        ("cudaGraphicsUnmapResources", 1, "resource", 99),
        ("cudaGraphicsUnregisterResource", "resource"),
    ]


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (Code.cudaErrorInsufficientDriver, "update the NVIDIA driver"),
        (Code.cudaErrorOperatingSystem, "__GLX_VENDOR_LIBRARY_NAME=nvidia"),
        (Code.cudaErrorDeviceUnavailable, "nvidia-smi"),
    ],
)
def test_errors_are_one_line_with_a_remedy(runtime: Runtime, code: Code, remedy: str) -> None:
    driver = CudaInteropDriver()
    runtime.code, runtime.answers = code, (None, None)
    with pytest.raises(InteropError, match=rf"cudaGLGetDevices: {code.name}\).*{remedy}") as caught:
        driver.gl_devices()
    assert "\n" not in str(caught.value)


def test_the_gpu_must_be_the_same(runtime: Runtime) -> None:
    driver = CudaInteropDriver()
    runtime.answers = (2, [0, 3, -1, -1])
    assert driver.gl_devices() == (0, 3)
    check_same_gpu(driver, 3)
    with pytest.raises(InteropError, match=r"drawn by CUDA GPU 0, 3, the model runs on GPU 1: .*PRIME"):
        check_same_gpu(driver, 1)
    with pytest.raises(InteropError, match="no CUDA GPU"):
        check_same_gpu(FakeInteropDriver(()), 0)


def test_arrays_are_wrapped_on_their_own_stream(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []

    def wrap(name: str) -> Callable[[object], object]:
        def call(array: object) -> object:
            seen.append((name, Stream.current[-1]))
            return wrapped()

        return call

    def from_dlpack(array: Exporter) -> object:
        assert array.__dlpack_device__() == (2, 0)
        assert array.__dlpack__(stream=Stream.current[-1], max_version=(1, 0)) == (1, 0)
        return wrap("dlpack")(array)

    monkeypatch.setattr(sys.modules["cupy"], "from_dlpack", from_dlpack, raising=False)
    monkeypatch.setattr(sys.modules["cupy"], "asarray", wrap("interface"), raising=False)
    driver = CudaInteropDriver()
    exporter = Exporter()
    view = driver.view(DeviceImage(exporter, 77), 0)
    assert exporter.asked == [-1], "the image's stream must not wait for what the exporter's thread does"
    assert (view.pointer, view.size, view.plane_count, view.texel_format) == (4096, (16, 8), 3, "r16f")
    driver.view(DeviceImage(object(), 78), 0)
    assert seen == [("dlpack", 77), ("interface", 78)]
    assert Stream.current == []
    with pytest.raises(InteropError, match="is on GPU 0, the window is drawn by GPU 2"):
        driver.view(DeviceImage(Exporter()), 2)


@pytest.mark.parametrize(
    ("error", "kind", "line"),
    [
        (
            BufferError("Can't export tensors that require gradient"),
            RenderError,
            "require gradient.*detached",
        ),
        (TypeError("bfloat16"), RenderError, "bfloat16.*float16 or float32"),
        # CuPy's where ml_dtypes is not installed; it is a RuntimeError too
        (NotImplementedError("CuPy does not support bfloat16."), RenderError, "bfloat16.*float16 or float32"),
        (RuntimeError("cudaErrorIllegalAddress: an illegal\naddress"), InteropError, "illegal.*nvidia-smi"),
    ],
)
def test_arrays_that_cannot_be_wrapped(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[RenderError], line: str
) -> None:
    def refuse(array: object) -> object:
        raise error

    monkeypatch.setattr(sys.modules["cupy"], "from_dlpack", refuse, raising=False)
    with pytest.raises(RenderError, match=line) as caught:
        CudaInteropDriver().view(DeviceImage(Exporter()), 0)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cuda.bindings.runtime", None)
    with pytest.raises(InteropError, match=r"pip install 'livedrag\[cuda\]'"):
        CudaInteropDriver()


def test_importing_the_uploader_loads_no_cuda() -> None:
    """In a process of its own: others may have loaded it here."""
    code = "import sys, render.cuda_uploader; sys.exit('cupy' in sys.modules or 'cuda' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0

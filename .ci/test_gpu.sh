# Sourced by ./test gpu: the tests marked cuda, the window, the passes off-screen, the benchmark. Exits.
# Budget: 8 minutes altogether, without a network. Every part has a limit of its own, so that one that hangs does
# not hide the rest: 5 + 140 + 80 + 60 + 140 s, and 5 s for each to be killed in, are 450 s.

kill_after=5
if ! timeout -k $kill_after 60 "$PYTHON" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    die "./test gpu: torch in $PYTHON sees no CUDA device; install a CUDA build of torch and the livedrag[cuda] packages"
fi
"$PYTHON" -c 'import pytest' 2>/dev/null || die "./test gpu: $PYTHON has no pytest: pip install pytest hypothesis"
# what is not installed is left out by the tests that need it; here it is said once, before anything is read
"$PYTHON" - <<'PYTHON_END'
import importlib.util

import torch

print(f"GPU: {torch.cuda.get_device_name(0)}, torch {torch.__version__}, CUDA {torch.version.cuda}")
for package, loss in (
    ("cupy", "pictures go through host memory"),
    ("cuda", "pictures go through host memory (cuda-bindings)"),
    ("OpenGL", "no display test runs"),
    ("dearpygui", "no window opens"),
):
    if importlib.util.find_spec(package) is None:
        print(f"left out: {package} is not installed: {loss}")
PYTHON_END

gpu_failed=()
part() { # part NAME SECONDS COMMAND...
    local name=$1 limit=$2; shift 2
    echo "== $name (at most $limit s)"
    timeout -k $kill_after "$limit" "$@" || { echo "$name: FAILED (exit code $?)"; gpu_failed+=("$name"); }
}

# Passing the tests without one of them having run would say nothing: pytest's summary names each one left out.
part "tests marked cuda" 140 "$PYTHON" -m pytest -q -rs -m cuda --durations=5

# The vendor of GLX is the X server's to say. Forced to be NVIDIA's, every window fails on a server that is not
# (Xvfb): there the window computes on the GPU, draws with Mesa and gets its pictures through host memory. The
# way without copies is then tested off-screen, by EGL, in the tests marked cuda.
if [ -n "${DISPLAY:-}" ] || command -v Xvfb >/dev/null 2>&1; then
    [ -n "${DISPLAY:-}" ] || echo "no X server: the window opens under Xvfb, drawn by Mesa"
    part "the window, computing on the GPU" 80 "$PYTHON" - <<'PYTHON_END'
import sys

from tests.benchmarks.window_bench import bench_window

window = bench_window()
print(window)
sys.exit(window.not_measured is not None)
PYTHON_END
else
    echo "left out: no X server and no Xvfb: no window; the display is tested off-screen under EGL"
fi
part "off-screen passes under EGL" 60 "$PYTHON" -m pytest -q -m "gl and not cuda" tests/render
part "the benchmark" 140 "$PYTHON" -m app bench --device cuda --all --cases --repeats 3 --no-window --no-memory --no-studio --store

if [ ${#gpu_failed[@]} -gt 0 ]; then printf 'failed: %s\n' "${gpu_failed[@]}"; exit 1; fi
echo "all GPU checks passed"
exit 0

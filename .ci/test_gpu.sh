# Sourced by ./test gpu: the tests marked cuda, the window on the GPU, the benchmark. Exits.
# Budget: 8 minutes altogether; every part has a limit of its own, so that one that hangs does not hide the rest.

if ! "$PYTHON" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    die "./test gpu: torch in $PYTHON sees no CUDA device; install a CUDA build of torch and the livedrag[cuda] packages"
fi
gpu_failed=()
part() { # part NAME SECONDS COMMAND...
    local name=$1 limit=$2; shift 2
    echo "== $name (at most $limit s)"
    timeout "$limit" "$@" || { echo "$name: FAILED (exit code $?)"; gpu_failed+=("$name"); }
}

# The window draws on the GPU's own GLX where an X server is at hand; without one (and without Xvfb) the
# off-screen tests cover the same passes through EGL.
export __GLX_VENDOR_LIBRARY_NAME=nvidia
part "tests marked cuda" 150 "$PYTHON" -m pytest -q -m cuda --durations=5
if command -v Xvfb >/dev/null 2>&1 || [ -n "${DISPLAY:-}" ]; then
    part "the window on the GPU" 90 "$PYTHON" - <<'PYTHON_END'
import sys

from tests.benchmarks.window_bench import bench_window

window = bench_window()
print(window)
sys.exit(window.not_measured is not None)
PYTHON_END
else
    echo "no X server and no Xvfb: the display is tested off-screen under EGL"
fi
part "off-screen passes under EGL" 60 env -u __GLX_VENDOR_LIBRARY_NAME "$PYTHON" -m pytest -q -m gl tests/render
part "the benchmark" 150 "$PYTHON" -m app bench --device cuda --all --cases --no-window --no-memory --store

if [ ${#gpu_failed[@]} -gt 0 ]; then echo "failed: ${gpu_failed[*]}"; exit 1; fi
echo "all GPU checks passed"
exit 0

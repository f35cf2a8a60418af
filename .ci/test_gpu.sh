# Sourced by ./test gpu: the tests marked cuda, the window, the passes off-screen, the benchmark. Exits.
# Budget: 8 minutes altogether, without a network. Every part has a limit of its own, so that one that hangs does
# not hide the rest: 130 + 60 + 2 * 52 + 130 s, 5 s for each to end in, and half a minute for torch to start are 479 s.

if ! timeout -k 5 60 "$PYTHON" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    die "./test gpu: torch in $PYTHON sees no CUDA device; install a CUDA build of torch and the livedrag[cuda] packages"
fi

# What is not installed is said once, before anything runs, and leaves out only the parts that need it.
missing=$("$PYTHON" - <<'PYTHON_END'
from importlib.util import find_spec


def is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it is in
        return False


modules = (
    *("pytest", "hypothesis", "numpy", "safetensors", "msgspec", "PIL", "av", "platformdirs", "tomlkit", "rich"),
    *("dearpygui", "OpenGL", "cupy", "cuda.bindings"),
)
print(" ".join(module for module in modules if not is_installed(module)))
PYTHON_END
)
has() { # has MODULE...: whether all of them are installed
    local module
    for module; do case " $missing " in *" $module "*) return 1 ;; esac; done
}
"$PYTHON" -c 'import torch; print(f"GPU: {torch.cuda.get_device_name(0)}, torch {torch.__version__}, CUDA {torch.version.cuda}")'
if [ -n "$missing" ]; then
    echo "not installed: $missing (without a network: bring the wheels, unpack them and name the folder in PYTHONPATH)"
fi
has pytest hypothesis numpy safetensors msgspec ||
    die "./test gpu: no test runs without pytest, hypothesis, numpy, safetensors and msgspec"
if ! has cupy cuda.bindings; then echo "without cupy and cuda.bindings pictures go through host memory"; fi

gpu_failed=()
gpu_left_out=()
part() { # part NAME SECONDS COMMAND...; interrupted at its limit, so that it still says what it has done
    local name=$1 limit=$2; shift 2
    echo "== $name (at most $limit s)"
    timeout -s INT -k 5 "$limit" "$@" || { echo "$name: FAILED (exit code $?)"; gpu_failed+=("$name"); }
}
beside_name=() beside_log=() beside_pid=()
beside() { # beside NAME SECONDS COMMAND...: a part that goes on beside the next ones, until `joined`
    local name=$1 limit=$2 log; shift 2
    log=$(mktemp)
    timeout -s INT -k 5 "$limit" "$@" >"$log" 2>&1 &
    beside_name+=("$name (at most $limit s)") beside_log+=("$log") beside_pid+=($!)
}
joined() { # waits for those parts and shows what they said
    local i
    for i in "${!beside_pid[@]}"; do
        local code=0; wait "${beside_pid[$i]}" || code=$?
        echo "== ${beside_name[$i]}"; cat "${beside_log[$i]}"; rm -f "${beside_log[$i]}"
        [ $code = 0 ] || { echo "${beside_name[$i]}: FAILED (exit code $code)"; gpu_failed+=("${beside_name[$i]}"); }
    done
    beside_name=() beside_log=() beside_pid=()
}
leave_out() { # leave_out NAME WHY
    echo "== $1: left out, $2"
    gpu_left_out+=("$1")
}

# Passing the tests without one of them having run would say nothing: pytest's summary names each one left out.
# Only the files that have such tests are read: others may need what is not installed here. The quickest that say
# the most come first, those that also render or learn on the processor last: what a slow machine has no time for
# is the least. Those that share memory with OpenGL count what is free on the device, and run alone; whole frames
# come last: where something is wrong further down, they only say that it is.
in_order() { # file names, one a line -> the same, the telling ones first
    awk '
        /test_cuda_step\.py$/ { place = 1 }
        /test_recorded_step\.py$/ { place = 2 }
        /test_cuda_recording\.py$/ { place = 3 }
        !/test_(cuda_step|recorded_step|cuda_recording)\.py$/ { place = 4 }
        /^tests\/gan\/(critters|evaluate)\// { place = 5 }
        /^tests\/app\// { place = 6 }
        { print place, $0 }' | sort | cut -d" " -f2-
}
# In a container torch starts a thread for each core of the whole machine, of which it has few: what the processor
# does beside the GPU then takes many times as long.
tested=(env OMP_NUM_THREADS="${OMP_NUM_THREADS:-4}" "$PYTHON" -m pytest)
cuda_tests=() shared_tests=()
while IFS= read -r file; do
    case $file in
        tests/render/*) needed=(OpenGL) ;;
        tests/app/*) needed=(OpenGL PIL av platformdirs tomlkit) ;;
        *) needed=() ;;
    esac
    if ! has ${needed[@]+"${needed[@]}"}; then leave_out "$file" "not all of ${needed[*]} is installed"; continue; fi
    if [ ${#needed[@]} = 0 ]; then cuda_tests+=("$file"); else shared_tests+=("$file"); fi
done < <(grep -rl --include='test_*.py' 'mark\.cuda' tests | in_order)
beside "tests marked cuda" 130 "${tested[@]}" -m cuda --durations=5 -o faulthandler_timeout=90 "${cuda_tests[@]}"
if has OpenGL PIL; then
    # a driver that compiles every shader anew for every test needs most of its time for that
    beside "off-screen passes under EGL" 130 "${tested[@]}" -q -m "gl and not cuda and not window" tests/render
else
    leave_out "off-screen passes under EGL" "OpenGL or PIL is not installed"
fi
joined
if [ ${#shared_tests[@]} -gt 0 ]; then
    part "tests marked cuda that share memory with OpenGL" 60 \
        "${tested[@]}" -m cuda --durations=5 -o faulthandler_timeout=50 "${shared_tests[@]}"
fi

# The vendor of GLX is the X server's to say, and an Xvfb's is Mesa; NVIDIA's can open windows there all the same
# where it is asked for by name, and then pictures stay on the GPU. Where it does not, the window draws with Mesa
# and gets its pictures through host memory.
window_bench='
import sys

from tests.benchmarks.window_bench import bench_window

window = bench_window()
print(window)
sys.exit(window.not_measured is not None)
'
if ! has dearpygui OpenGL PIL av platformdirs tomlkit rich; then
    leave_out "the window" "not everything that it needs is installed"
elif [ -n "${DISPLAY:-}" ]; then
    part "the window, drawn as its X server says" 104 "$PYTHON" -c "$window_bench"
elif ! command -v Xvfb >/dev/null 2>&1; then
    leave_out "the window" "there is no X server and no Xvfb; the display is tested off-screen under EGL"
else
    is_drawn=""
    if "$PYTHON" -c 'import ctypes; ctypes.CDLL("libGLX_nvidia.so.0")' 2>/dev/null; then
        echo "== the window under Xvfb, drawn by NVIDIA's GLX (at most 52 s)"
        if timeout -s INT -k 2 52 env __GLX_VENDOR_LIBRARY_NAME=nvidia "$PYTHON" -c "$window_bench"; then
            is_drawn=yes
        else
            echo "NVIDIA's GLX opened no window under Xvfb: Mesa's is tried"
        fi
    fi
    [ -n "$is_drawn" ] || part "the window under Xvfb, drawn by Mesa" 52 "$PYTHON" -c "$window_bench"
fi
if has rich; then
    part "the benchmark" 130 "$PYTHON" -m app bench --device cuda --all --cases --repeats 3 --no-window --no-memory --no-studio --store
else
    leave_out "the benchmark" "rich is not installed"
fi

if [ ${#gpu_failed[@]} -gt 0 ]; then printf 'failed: %s\n' "${gpu_failed[@]}"; exit 1; fi
if [ ${#gpu_left_out[@]} -gt 0 ]; then echo "every GPU check that could run passed; left out: ${#gpu_left_out[@]}"; exit 0; fi
echo "all GPU checks passed"
exit 0

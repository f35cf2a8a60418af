"""Hostile files that call what no generator needs."""

from __future__ import annotations

import pickle

from tests.gan.formats.payloads import CANARY, PYTHON, SHELL, Inert
from tests.gan.formats.pickles import (
    call,
    data,
    dictionary,
    integer,
    line_named,
    named,
    pickled,
    text,
)

_GLOBALS: dict[str, bytes] = {
    "os.system": text(SHELL),
    "posix.system": text(SHELL),
    "nt.system": text(SHELL),
    "os.popen": text(SHELL),
    "os.execl": text("/bin/sh"),
    "subprocess.Popen": text(SHELL),
    "subprocess.check_output": text(SHELL),
    "pty.spawn": text(SHELL),
    "builtins.eval": text(PYTHON),
    "builtins.exec": text(PYTHON),
    "builtins.compile": text(PYTHON),
    "builtins.open": text(CANARY) + text("w"),
    "builtins.__import__": text("os"),
    "builtins.getattr": line_named("torch", "Size") + text("__class__"),
    "builtins.setattr": line_named("torch", "Size") + text("x") + b"N",
    "builtins.map": text(SHELL),
    "__builtin__.execfile": text("x.py"),
    "importlib.import_module": text("antigravity"),
    "runpy.run_path": text("x.py"),
    "operator.attrgetter": text("system"),
    "operator.methodcaller": text("system") + text(SHELL),
    "functools.partial": text(SHELL),
    "functools.reduce": text(SHELL),
    "types.CodeType": integer(0),
    "types.FunctionType": b"N",
    "marshal.loads": data(b"c"),
    "pickle.loads": data(b"cos\nsystem\n."),
    "code.InteractiveInterpreter": b"",
    "timeit.timeit": text(PYTHON),
    "pdb.run": text(PYTHON),
    "ctypes.CDLL": text("libc.so.6"),
    "webbrowser.open": text("http://localhost/"),
    "urllib.request.urlopen": text("http://localhost/"),
    "socket.create_connection": b"",
    "shutil.rmtree": text("."),
    "pathlib.Path.touch": text(CANARY),
    "multiprocessing.util.spawnv_passfds": b"",
    "torch.load": text("x.pt"),
    "torch.hub.load": text("x"),
    "torch.ops.load_library": text("x.so"),
    "torch.jit.load": text("x"),
    "torch._utils._rebuild_tensor": b"",
    "torch.nn.modules.linear.Linear": b"",
    "numpy.load": text("x.npy"),
    "numpy.testing._private.utils.runstring": text(PYTHON) + b"}",
    "numpy.core.multiarray.fromfile": text("x"),
    "dnnlib.util.call_func_by_name": text("os.system"),
    "dnnlib.util.EasyDict.__init__": b"",
    "torch_utils.persistence.import_hook": b"N",
    "copyreg.add_extension": text("os") + text("system") + integer(1),
    "copyreg.__newobj__": b"N",
    "_codecs.decode": data(b"x"),
    "zipimport.zipimporter": text("x.zip"),
}


def _split(qualified: str) -> tuple[str, str]:
    if qualified.startswith(("pathlib.Path", "dnnlib.util.EasyDict")):
        first, second, rest = qualified.split(".", 2)
        return (f"{first}.{second}", rest) if first == "dnnlib" else (first, f"{second}.{rest}")
    module_name, _, name = qualified.rpartition(".")
    return module_name, name


def global_calls() -> dict[str, bytes]:
    """A call of each forbidden global, in turns by line and by stack; some of them within a
    generator's file."""
    files: dict[str, bytes] = {}
    for i, (qualified, arguments) in enumerate(_GLOBALS.items()):
        module_name, name = _split(qualified)
        by_line = i % 2 == 0
        function = line_named(module_name, name) if by_line else named(module_name, name)
        body = call(function, arguments)
        files[f"calls {qualified}"] = pickled(
            dictionary(G_ema=body) if i % 3 == 0 else body, 2 if by_line else 4
        )
    return files


def real_pickles() -> dict[str, bytes]:
    """Payloads that Python's own pickler wrote, at every protocol; the usual way to make one."""
    import os

    files = {
        f"real os.system, protocol {p}": pickle.dumps(Inert((os.system, (SHELL,))), protocol=p)
        for p in range(6)
    }
    files["real eval in G_ema"] = pickle.dumps({"G_ema": Inert((eval, (PYTHON,)))})
    files["real getattr chain"] = pickle.dumps(Inert((getattr, (Inert((__import__, ("os",))), "system"))))
    return files

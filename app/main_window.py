"""`run_window`: puts generator, session, worker, window and app together, and runs frames until the end."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_cache_path, user_documents_path, user_pictures_path, user_videos_path

from app import events
from app.app import App, Comfort
from app.commands.outputs import check_folder
from app.commands.progress import progress
from app.device_choice import cuda_uploader, load_on
from app.device_wiring import DeviceWiring
from app.drag_script import DragScript
from app.exporter import export
from app.file_desk import Folders
from app.keys import KeyMap
from app.latent_file import start_from_file
from app.model_desk import ModelDesk
from app.model_loader import ModelLoader
from app.model_shelf import ModelShelf
from app.overlays import OverlayChoice
from app.preview_fitter import PreviewFitter
from app.recording_desk import RecordingDesk
from app.scheduler import Scheduler
from app.screen import ask_screen
from app.scripted_drag import ScriptedDrag
from app.session.autosave import Autosave, latest_unfinished
from app.session.document import SessionDocument, load_document, model_path
from app.session.edit_session import EditSession
from app.session.edits import Start, StartFromSeed
from app.session.replay import replay
from app.session.session_files import SessionFiles
from app.settings_file import SettingsFile
from app.state import FIRST_BRUSH_SHARE, AppState
from app.task_board import TaskBoard
from app.trace import Trace
from app.ui.display import DisplayChoice
from app.ui.window import Window, WindowOptions
from app.worker import DragWorker
from app.worker_device import device_name
from gan.generator import Generator
from gan.half_precision import HalfPrecision
from gan.model_file import load_generator

# Two threads share the interpreter. The window gives the lock up at every GL call, and at Python's 5 ms could
# wait that long for each of them while the worker is in Python code.
SWITCH_INTERVAL_S = 0.001
WORKER_THREAD_COUNT = 1
FIRST_SEED = 34  # of the embedded generator: an animal that looks at you, with ears and a mane to pull at
FIRST_PSI = 0.7


@dataclass(frozen=True)
class LaunchOptions:
    """What the command line asks for; None = not given."""

    model: Path | None = None
    device: str | None = None  # None = the best that works
    seed: int | None = None
    truncation_psi: float | None = None
    session: Path | None = None
    display: DisplayChoice = "auto"
    vsync: bool = False
    latency_hiding: bool = True
    half_layers: bool = False
    script: DragScript | None = None
    latent: Path | None = None
    record: Path | None = None  # from the first picture on
    mark: bool = True
    overlays: str | None = None  # "all" or "none"


def run_window(options: LaunchOptions) -> int:
    """Opens the window, returns 0 when it was closed. Raises LiveDragError or RenderError with one line."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if options.session is not None:
        check_folder(options.session.absolute().parent)  # now, not when there is an edit to lose
    document = None
    if options.session is not None and options.session.exists():
        document = load_document(options.session, on_damage=say)
    model = options.model if options.model is not None or document is None else model_path(document)
    generator = load_on(model, options.device, say, load_shown)
    session = open_session(generator, options, document)
    settings_file = SettingsFile()
    half = HalfPrecision() if options.half_layers or settings_file.settings.half_layers else None
    session.use_half(half)
    settings, screen, tasks = settings_file.settings, ask_screen(), TaskBoard()
    keys = KeyMap(settings.keys)
    problems = settings_file.problems + keys.problems
    scale = screen.scale if settings.scale == "automatic" else settings.scale
    vsync = options.vsync or settings.vsync
    window = Window(
        WindowOptions(
            title=f"LiveDrag: {generator.provenance.name}",
            display=options.display,
            vsync=vsync,
            keys=keys,
            settings=settings,
            scale=scale,
            screen_size=screen.size,
            open_uploader=cuda_uploader(generator.device, say),
        ),
        say=say,
    )
    files = SessionFiles(Autosave(), options.session)
    wiring = DeviceWiring(window, generator.device, say)
    previews = PreviewFitter(user_cache_path("LiveDrag"))
    device = wiring.wire(generator.device)
    worker = DragWorker(session, files, export, WORKER_THREAD_COUNT, device, previews, tasks=tasks)
    scheduler = Scheduler()
    trace = Trace()
    state = first_state(session)
    state.vsync, state.latency_hiding = vsync, options.latency_hiding and settings.latency_hiding
    state.window.settings, state.window.scale = settings, scale
    state.show_hint = not settings.layout.first_drag_done
    state.session_file = files.path
    if options.overlays is not None:
        all_of_them = options.overlays == "all"
        state.overlays.choice = OverlayChoice.all_on() if all_of_them else OverlayChoice.all_off()
    if options.script is None:
        state.unfinished = latest_unfinished()
    state.export_choice = replace(state.export_choice, mark=options.mark and settings.visible_mark)
    folders = Folders(
        *(
            user_documents_path() / "LiveDrag",
            user_pictures_path() / "LiveDrag",
            user_videos_path() / "LiveDrag",
        )
    )
    shelf = ModelShelf()
    if model is not None:
        shelf.note_opened(model)
    loader = ModelLoader(options.device, shelf.thumbnails, tasks=tasks, half=half, present=generator)
    app = App(
        *(state, window, worker, scheduler, folders),
        open_desk=lambda shown, editor: ModelDesk(shown, editor, loader, shelf, wiring.wire),
        open_recording=lambda shown: RecordingDesk(
            *(shown, lambda: window.compositor, folders, worker.document, worker.provenance, scheduler.clock),
            tasks=tasks,
            on_recorded=lambda news: trace.note_recording(news.written, news.left_out),
        ),
        comfort=Comfort(keys, settings_file, tasks),
    )
    for problem in problems:
        say(problem)
        app.warn(problem)
    with ExitStack() as ending:  # the last one first; one that fails does not keep the others from theirs
        ending.push(lambda kind, *_: files.close(worker.session, finished=not _is_failure(kind)))
        ending.callback(window.close)
        ending.callback(lambda: [say(text) for text in worker.unsaid_failures])
        for close in (worker.close, loader.close, app.close):
            ending.callback(close)
        ending.callback(_say_given_up, state)
        _run_frames(app, scheduler, trace, options)
    trace.note_frames(scheduler, worker.step_times_ms, app.latency)
    return 0


def _say_given_up(state: AppState) -> None:
    if state.rendering is not None:
        say(f"'{state.rendering.path}' was not rendered: the window was closed before it was done")


def _is_failure(kind: type[BaseException] | None) -> bool:
    """Whether a program that leaves with that exception has failed: Ctrl+C is an ordinary end."""
    return kind is not None and issubclass(kind, Exception)


def load_shown(model: Path | None, device: str) -> Generator:
    """Loads a model with a progress bar on the terminal: there is no window yet."""
    shown = 0
    with progress("opening the model", 100) as advance:

        def tell(stage: str, share: float) -> None:
            nonlocal shown
            while shown < round(100 * share):
                advance(stage)
                shown += 1

        return load_generator(model, device, progress=tell)


def say(text: str) -> None:
    """One line to the terminal that the window was started from."""
    print(f"livedrag: {text}", file=sys.stderr)


def open_session(
    generator: Generator, options: LaunchOptions, document: SessionDocument | None = None
) -> EditSession:
    """The session of the document, replayed to its end, or a new one. document: of the file that is there.

    Seed and psi are those of a new session only: the same command typed again goes on where it was.
    """
    seed, psi = options.seed, options.truncation_psi
    if document is None:
        start: Start = StartFromSeed(FIRST_SEED if seed is None else seed, FIRST_PSI if psi is None else psi)
        if options.latent is not None:
            start = start_from_file(options.latent, generator)
        return EditSession(generator, start)
    if seed is not None or psi is not None:
        say(f"'{options.session}' holds a session already: going on there, without --seed and --psi")
    with progress("replaying the session", document.step_count()) as advance:
        return replay(document, generator, lambda _session, _result: advance(), on_damage=say, tell=say)


def first_state(session: EditSession) -> AppState:
    """The state of a window on this session; the worker's first frame completes it."""
    generator = session.generator
    return AppState(
        picture_size=(generator.width, generator.height),
        model_name=generator.provenance.name,
        model_sha256=generator.provenance.sha256,
        device_name=device_name(generator.device),
        brush_radius_px=max(generator.width * FIRST_BRUSH_SHARE, 1.0),
    )


def _run_frames(app: App, scheduler: Scheduler, trace: Trace, options: LaunchOptions) -> None:
    script = options.script
    record = options.record
    drag = None if script is None else ScriptedDrag(script.for_picture(app.state.picture_size))
    while not app.state.closing:
        app.frame()
        if app.picture_count == 0:
            continue
        trace.note_picture()
        if record is not None:
            app.apply(events.ToggleRecording(record))
            record = None
        if drag is None:
            continue
        was_pulling = drag.is_pulling
        for event in drag.events_for(app.state):
            app.apply(event)
        if drag.is_pulling and not was_pulling:
            scheduler.forget_times()  # measured are frames while dragging, not the start
            app.latency.clear()

"""`WorkerCommands`: what each command of the window does to the run, its files and its pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.drag_run import DragRun
from app.errors import TaskCancelled
from app.exported_edit import ExportedEdit
from app.given_up import GivenUp, is_edit
from app.history_viewer import HistoryViewer
from app.latent_file import start_from_file
from app.map_feed import MapFeed
from app.picture_feed import PictureFeed
from app.session.autosave import set_aside
from app.session.edit_session import EditSession
from app.session.edits import (
    AddHandle,
    ClearHandles,
    Edit,
    MoveHandle,
    MoveTarget,
    RemoveHandle,
    StartFromLatent,
    StartFromSeed,
)
from app.session.last_grab import last_grab
from app.session.session_files import SessionFiles
from app.session.session_text import session_to_text
from app.task_board import TaskBoard
from app.window_commands import (
    Apply,
    Begin,
    Cancel,
    Command,
    CopySession,
    Export,
    LetGo,
    OpenSession,
    Redo,
    SaveSession,
    SetMaps,
    SetQuality,
    SetRunning,
    StartFromFile,
    StepOnce,
    Undo,
    UseSession,
)
from gan.errors import EditError

LEAVES = (Undo, Redo, Cancel, OpenSession, UseSession)  # they mean the session as it is now

# writes the edit as it is on the screen, hears by whom its progress is followed, says what it did in one line
Exporter = Callable[[ExportedEdit, Export, Callable[[float], None]], str]


class WorkerCommands:
    """Used by the drag worker's thread. A command that fails has changed nothing."""

    def __init__(
        self,
        run: DragRun,
        feed: PictureFeed,
        maps: MapFeed,
        files: SessionFiles,
        export: Exporter | None,
        go_on: Callable[[], bool],
        wants_to_open: Callable[[], bool],
        wants_exports: Callable[[], bool],
        sent_serial: Callable[[], int],
        taken_back_by: Callable[[], Cancel | Undo | None],
        viewer: HistoryViewer,
        tasks: TaskBoard,
    ) -> None:
        """export: None refuses to. go_on: False = the program ends. wants_to_open: False = what is being
        opened is given up; wants_exports likewise. sent_serial: of the last command that was sent.
        taken_back_by: what waits and takes back the unit of what is being done. tasks: shows what takes
        long."""
        self._tasks = tasks
        self._viewer = viewer
        self.session_text: str | None = None  # for the next frame
        self._refused: set[int] = set()  # ids of handles that could not be placed
        self._run = run
        self._feed = feed
        self._maps = maps
        self._files = files
        self._export = export
        self._go_on = go_on
        self._wants_to_open = wants_to_open
        self._wants_exports = wants_exports
        self._sent_serial = sent_serial
        self._taken_back_by = taken_back_by
        self._given_up = GivenUp()

    def execute(self, command: Command, serial: int) -> str | None:
        """Does it; what the status line is to say. Raises EditError where it is refused, TaskCancelled where
        it was given up."""
        if not _goes_on(command):
            self._run.settle()
        if self._follows_refused(command):
            return None
        run, session = self._run, self._run.session
        if isinstance(command, Apply) and isinstance(command.edit, AddHandle):
            self._refused.add(command.edit.id)  # until it is there
        if self._given_up.takes(command, serial):
            return None
        if is_edit(command):
            with self._going_back(for_edit=True):
                self._viewer.settle()
        elif isinstance(command, LEAVES):
            self._viewer.leave()
        match command:
            case Begin():
                session.begin(command.label)
            case Apply():
                self._apply(command.edit)
            case LetGo():
                last = last_grab(session.log, session.place, but=command.handle)
                if last in session.session.handle_ids:
                    self._apply(RemoveHandle(last))
            case Undo():
                return self._go_back(session.undo, "Undone", "Nothing to undo")
            case Redo():
                return self._go_back(session.redo, "Redone", "Nothing to redo")
            case Cancel():
                said = self._go_back(session.cancel, "Cancelled", "Nothing to cancel")
                return None if command.quietly else said
            case SetRunning(on=True):
                run.start(command.hold)
            case SetRunning():
                run.stop()
            case StepOnce():
                run.step()
            case SetQuality():
                self._feed.choice.quality = command.quality
            case SetMaps():
                self._maps.request = command.request
            case OpenSession():
                run.session = self._open(command, session)
                run.stop()
                run.note_edit(picture=True)
                if command.damage is not None:
                    self._files.tell(command.damage)
                if command.unfinished is not None:
                    set_aside(command.unfinished)
                return f"Opened {command.name}"
            case CopySession():
                self.session_text = session_to_text(session.document())
                return f"Copied the session, {len(self.session_text)} letters, to paste into another window"
            case UseSession():
                self._files.leave(session)
                run.stop()
                run.use(command.session, command.device)
                run.note_edit(picture=True)
            case SaveSession():
                return f"Saved {self._files.save(session, command.path)}"
            case Export():
                return self._write(command)
            case StartFromFile():
                session.apply(start_from_file(command.path, session.generator))
                if session.session.handle_ids:
                    session.apply(ClearHandles())  # now: a file that is refused takes none away
                run.stop()
                run.note_edit(picture=True)
                return f"Started from {command.path.name}"
            case _:
                with self._going_back():
                    return self._viewer.execute(command)
        return None

    def _apply(self, edit: Edit) -> None:
        run, session = self._run, self._run.session
        session.apply(edit)
        if isinstance(edit, AddHandle):
            self._refused.discard(edit.id)
        if isinstance(edit, AddHandle | MoveHandle):
            run.progress.note_placed(edit.id, session.session)
        if isinstance(edit, MoveTarget):
            run.note_target(edit)
        else:
            run.note_edit(picture=isinstance(edit, StartFromSeed | StartFromLatent))

    def _write(self, command: Export) -> str:
        if self._export is None:
            raise EditError("this window cannot export anything")

        def go_on() -> None:
            if not self._wants_exports():
                raise TaskCancelled(_not_exported(command.path))

        try:
            go_on()
            with self._going_back(lost=command.path):
                shown = self._viewer.shown()
            with self._tasks.task(f"Exporting {command.path.name}") as task:

                def advance(share: float) -> None:
                    go_on()
                    task.advance(share)

                return self._export(shown, command, advance)
        except TaskCancelled as cancelled:
            if self._wants_exports():
                raise
            raise EditError(_not_exported(command.path)) from cancelled  # the terminal says so: no window can

    def _follows_refused(self, command: Command) -> bool:
        """What follows from a handle that was refused is left out in silence: why was said already."""
        match command:
            case Apply(edit=(MoveTarget() | MoveHandle() | RemoveHandle()) as edit):
                return self._was_refused(edit.id)
            case LetGo() | SetRunning(on=True):
                return self._was_refused(command.handle)
            case _:
                return False

    def _was_refused(self, handle_id: int | None) -> bool:
        # an opened session may have a handle of that id
        return handle_id in self._refused and handle_id not in self._run.session.session.handle_ids

    @contextmanager
    def _going_back(self, for_edit: bool = False, lost: Path | None = None) -> Iterator[None]:
        """Where many steps must be done again to get to an earlier place, that is shown and can be given up;
        it is where the program ends. for_edit: of the picture there. lost: the file that is not
        written then."""
        with self._tasks.task("Going back") as task:

            def before_step(share: float) -> None:
                if not self._go_on():
                    if lost is not None:
                        raise EditError(_not_exported(lost))
                    raise TaskCancelled("The window was closed before the earlier picture was there again")
                taking_back = self._taken_back_by() if for_edit else None
                if taking_back is not None:
                    raise TaskCancelled(_said_of(taking_back))
                task.advance(share)

            try:
                with self._run.session.asking(before_step):
                    yield
            except TaskCancelled:
                self._given_up.note(self._sent_serial(), for_edit=for_edit)
                raise

    def _go_back(self, go: Callable[[], str | None], verb: str, nothing: str) -> str:
        self._run.stop()
        with self._going_back():
            label = go()
        if label is None:
            return nothing
        self._run.note_gone_back()
        return f"{verb}: {label}"

    def _open(self, command: OpenSession, present: EditSession) -> EditSession:
        with self._tasks.task(f"Replaying {command.name}") as task:

            def before_step(_session: EditSession, share: float) -> None:
                self._refuse_if_closing()
                task.advance(share)

            return self._files.open(command.document, command.path, present, before_step)

    def _refuse_if_closing(self) -> None:
        if not (self._go_on() and self._wants_to_open()):
            raise TaskCancelled("Gave up opening the session; the one that was open is still there")


def _said_of(taking_back: Cancel | Undo) -> str:
    """Of an edit that was taken back while the earlier picture that it goes on from was not there yet."""
    if isinstance(taking_back, Cancel):
        return "" if taking_back.quietly else "Cancelled; the earlier picture is looked at"
    return "Undone; the earlier picture is looked at"


def _not_exported(path: Path) -> str:
    return f"'{path}' was not exported: the window was closed before it was done"


def _goes_on(command: Command) -> bool:
    """Whether steps that are under way may stay so: a target that moves, what only is shown otherwise, and
    what must go without the device, which may be lost."""
    is_move = isinstance(command, Apply) and isinstance(command.edit, MoveTarget)
    return is_move or isinstance(command, SetQuality | SetMaps | SaveSession | CopySession | UseSession)

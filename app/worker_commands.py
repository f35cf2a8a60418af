"""`WorkerCommands`: what each command of the window does to the run, its files and its pictures."""

from __future__ import annotations

from collections.abc import Callable

from app.drag_run import DragRun
from app.map_feed import MapFeed
from app.picture_feed import PictureFeed
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, MoveHandle, MoveTarget, StartFromLatent, StartFromSeed
from app.session.session_files import SessionFiles
from app.task_board import TaskBoard
from app.worker_messages import (
    Apply,
    Begin,
    Cancel,
    Command,
    ExportPicture,
    OpenSession,
    Redo,
    SaveSession,
    SetMaps,
    SetQuality,
    SetRunning,
    StepOnce,
    Undo,
    UseSession,
)
from gan.errors import EditError

Exporter = Callable[[EditSession, ExportPicture], None]


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
        tasks: TaskBoard,
    ) -> None:
        """export: None refuses to. go_on: False = the program ends, and no session is opened any more. tasks:
        shows what takes long."""
        self._tasks = tasks
        self._run = run
        self._feed = feed
        self._maps = maps
        self._files = files
        self._export = export
        self._go_on = go_on

    def execute(self, command: Command) -> str | None:
        """Does it; what the status line is to say. Raises EditError where it is refused."""
        run, session = self._run, self._run.session
        match command:
            case Begin():
                session.begin(command.label)
            case Apply():
                session.apply(command.edit)
                if isinstance(command.edit, AddHandle | MoveHandle):
                    run.progress.note_placed(command.edit.id, session.session)
                if isinstance(command.edit, MoveTarget):
                    run.note_target(command.edit)
                else:
                    run.note_edit(picture=isinstance(command.edit, (StartFromSeed, StartFromLatent)))
            case Undo():
                return self._rest_after(session.undo(), "Undone", "Nothing to undo")
            case Redo():
                return self._rest_after(session.redo(), "Redone", "Nothing to redo")
            case Cancel():
                return self._rest_after(session.cancel(), "Cancelled", "Nothing to cancel")
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
                return f"Opened {command.path.name}"
            case UseSession():
                self._files.leave(session)
                run.stop()
                run.use(command.session, command.device)
                run.note_edit(picture=True)
            case SaveSession():
                self._files.save(session, command.path)
                return f"Saved {command.path}"
            case ExportPicture():
                if self._export is None:
                    raise EditError("this window cannot export pictures")
                with self._tasks.task("Exporting the picture", can_cancel=False):
                    self._export(session, command)
                return f"Exported {command.path}"
        return None

    def _rest_after(self, label: str | None, verb: str, nothing: str) -> str:
        self._run.stop()
        if label is None:
            return nothing
        self._run.note_edit(picture=True)
        return f"{verb}: {label}"

    def _open(self, command: OpenSession, present: EditSession) -> EditSession:
        with self._tasks.task(f"Replaying {command.path.name}") as task:

            def before_step(_session: EditSession, share: float) -> None:
                self._refuse_if_closing()
                task.advance(share)

            return self._files.open(command.path, command.saves_there, present, before_step)

    def _refuse_if_closing(self) -> None:
        if not self._go_on():
            raise EditError("the window was closed while a session was being opened")

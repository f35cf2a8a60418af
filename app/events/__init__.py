"""The events that input and panels emit: frozen data, one module for each subject. Only `App` applies them.

Everything that a person can do to the window is here. A new subject: its module with its union at the end, a
line here and in `Event`, and a line in `App` that says who applies it.
"""

from app.events.drag import (
    CancelDrag,
    ChooseTool,
    ClearHandles,
    DragEvent,
    Redo,
    RemoveHandle,
    SelectHandle,
    StepOnce,
    ToggleRun,
    Undo,
)
from app.events.exports import ChooseExport, Export, ExportEvent, OpenLatent
from app.events.files import (
    AboutUnfinished,
    AskForFile,
    AskPaste,
    CopySession,
    DialogOpened,
    FileEvent,
    FindModel,
    OfferUnfinished,
    OpenSession,
    PasteSession,
    SaveSession,
    SaveSessionAs,
    SessionEvent,
    SettleUnfinished,
)
from app.events.history import (
    AddBookmark,
    BlendBookmarks,
    GoOnFromHere,
    HistoryEvent,
    JumpToBookmark,
    RemoveBookmark,
    RenameBookmark,
    ViewNext,
    ViewPicture,
)
from app.events.mask import ClearMask, InvertMask, LoadMask, MaskEvent, SaveMask
from app.events.models import CancelLoading, ChooseModelsFolder, ModelEvent, OpenModel
from app.events.notices import CancelTask, DismissNotice, NoticeEvent, TaskEvent, ToggleNotices
from app.events.overlays import (
    ChooseFeatures,
    CompareWithStart,
    OverlayEvent,
    SetOverlayOpacity,
    ToggleOverlay,
)
from app.events.palette import (
    EraseInPalette,
    MoveInPalette,
    PaletteEvent,
    RunFromPalette,
    TogglePalette,
    TypeInPalette,
)
from app.events.pointer import Button, PointerEvent, PointerMoved, PointerPressed, PointerReleased
from app.events.recording import (
    CancelRendering,
    ChooseMovie,
    ChooseRecording,
    RecordingEvent,
    RenderMovie,
    TakeScreenshot,
    ToggleRecording,
    WindowGrabbed,
)
from app.events.seeds import ChangeSeed, SeedEvent, SetSeed, TypeSeed
from app.events.settings import ChangeScale, KeepLayout, SettingsEvent, ToggleTheme, ToggleVisibleMark
from app.events.sliders import ChoosePreset, SetParams, SetPsi, SliderEvent
from app.events.view import (
    CanvasResized,
    FitView,
    ScaleBrush,
    SetBrushRadius,
    SetMaskOpacity,
    ToggleMarkers,
    ViewEvent,
    WheelTurned,
    ZoomView,
)
from app.events.window import (
    CloseWindow,
    ClosingEvent,
    SetLatencyHiding,
    SetQuality,
    SetVsync,
    ShowSection,
    ToggleHelp,
    WindowEvent,
)

Event = (
    PointerEvent
    | ViewEvent
    | DragEvent
    | SeedEvent
    | SliderEvent
    | MaskEvent
    | FileEvent
    | SessionEvent
    | HistoryEvent
    | ModelEvent
    | RecordingEvent
    | ExportEvent
    | OverlayEvent
    | WindowEvent
    | ClosingEvent
    | SettingsEvent
    | PaletteEvent
    | NoticeEvent
    | TaskEvent
)

WHILE_OPENING = (  # what still works while a session is being opened
    PointerMoved,
    PointerReleased,
    WheelTurned,
    CanvasResized,
    FitView,
    ZoomView,
    ToggleOverlay,
    SetOverlayOpacity,
    CompareWithStart,
    CancelDrag,
    DialogOpened,
    ToggleHelp,
    ToggleRecording,
    CancelRendering,
    TakeScreenshot,
    WindowGrabbed,
    CloseWindow,
    *(ShowSection, ToggleTheme, ChangeScale, KeepLayout, ToggleNotices, DismissNotice, CancelTask),
    *(TogglePalette, TypeInPalette, EraseInPalette, MoveInPalette, RunFromPalette),
)

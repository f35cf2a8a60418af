"""Everything that a person can do, once. Keys, help, tooltips and command palette all read this table.

A new action is one line here. `id` is its name in the settings file and never changes once it was released.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from app import events
from app.overlays import COMPARE_KEY, OVERLAYS
from app.sections import SECTIONS

Group = Literal["Drag", "Mask", "Picture", "Overlays", "History", "View", "Files", "Recording", "Window"]
GROUPS: tuple[Group, ...] = get_args(Group)  # as the help window and the palette list them


@dataclass(frozen=True)
class Action:
    """keys: default chords, separated by spaces; "" = none. term: what the field calls it, "" = the same.
    more: a second sentence for the tooltip. released: what happens when the key comes up again.
    `name` says in plain words what is done.
    """

    id: str
    name: str
    event: events.Event
    group: Group
    keys: str = ""
    term: str = ""
    more: str = ""
    released: events.Event | None = None


ACTIONS: tuple[Action, ...] = (
    Action(
        "grab",
        "Grab and pull",
        events.ChooseTool("grab"),
        "Drag",
        "G",
        "live drag",
        more="Press on the picture and pull: it follows while you pull.",
    ),
    Action(
        "place",
        "Place points, then run",
        events.ChooseTool("place"),
        "Drag",
        "P",
        term="handle and target points",
        more="Click where to pull, then where to.",
    ),
    Action(
        "run",
        "Start or stop the drag",
        events.ToggleRun(),
        "Drag",
        "Space",
        term="iterations of motion supervision and point tracking",
    ),
    Action("step", "One drag step", events.StepOnce(), "Drag", ".", "iteration"),
    Action(
        "cancel",
        "Cancel the drag in hand",
        events.CancelDrag(),
        "Drag",
        "Esc",
        more="The picture is again what it was before.",
    ),
    Action(
        "remove_point",
        "Remove the point under the cursor",
        events.RemoveHandle(),
        "Drag",
        keys="Delete Backspace",
        term="handle point",
    ),
    Action("clear_points", "Remove all points", events.ClearHandles(), "Drag", term="handle points"),
    Action(
        "movable",
        "Paint what may move",
        events.ChooseTool("movable"),
        "Mask",
        "B",
        "mask",
        more="Everything that is not painted then stays as it is.",
    ),
    Action("fixed", "Paint what stays fixed", events.ChooseTool("fixed"), "Mask", "N", "mask"),
    Action("erase", "Erase the mask", events.ChooseTool("erase"), "Mask", "E"),
    Action(
        "invert_mask",
        "Invert the mask",
        events.InvertMask(),
        "Mask",
        "I",
        more="What may move becomes fixed, what is fixed may move.",
    ),
    Action("clear_mask", "Remove the mask", events.ClearMask(), "Mask", more="Everything may move."),
    Action(
        "load_mask",
        "Load a mask",
        events.AskForFile("load_mask"),
        "Mask",
        more="A PNG: white may move, black stays.",
    ),
    Action("save_mask", "Save the mask as PNG", events.AskForFile("save_mask"), "Mask"),
    Action("larger_brush", "Larger brush", events.ScaleBrush(1.2), "Mask", "]"),
    Action("smaller_brush", "Smaller brush", events.ScaleBrush(1 / 1.2), "Mask", "["),
    Action("random", "A random picture", events.SetSeed(None), "Picture", "R", term="random seed"),
    Action("next_picture", "Next picture", events.ChangeSeed(1), "Picture", "Right", "seed + 1"),
    Action("previous_picture", "Previous picture", events.ChangeSeed(-1), "Picture", "Left", "seed - 1"),
    Action(
        "open_model",
        "Open a model",
        events.AskForFile("open_model"),
        "Picture",
        "Ctrl+M",
        "generator",
        more="A .safetensors, NVIDIA's .pkl or rosinality's .pt. Nothing in the file is run.",
    ),
    Action(
        "models_folder",
        "Choose the folder of models",
        events.AskForFile("models_folder"),
        "Picture",
        more="Lists the models that are in it.",
    ),
    Action(
        "built_in_model", "The built-in model", events.OpenModel(None), "Picture", term="embedded generator"
    ),
    *(
        Action(
            f"overlay_{o.name}",
            f"Show or hide: {o.label.lower()}",
            events.ToggleOverlay(o.name),
            "Overlays",
            o.key,
            more=f"{o.help}.",
        )
        for o in OVERLAYS
    ),
    Action(
        "compare",
        "Compare with the start, while held",
        events.CompareWithStart(True),
        "Overlays",
        COMPARE_KEY,
        released=events.CompareWithStart(False),
    ),
    Action("undo", "Undo", events.Undo(), "History", "Ctrl+Z", more="Takes the last edit back."),
    Action("redo", "Redo", events.Redo(), "History", "Ctrl+Shift+Z Ctrl+Y", more="Does it again."),
    Action(
        "look_back", "Look at the picture before", events.ViewNext(-1), "History", "Ctrl+Left", "iteration"
    ),
    Action("look_on", "Look at the picture after", events.ViewNext(1), "History", "Ctrl+Right", "iteration"),
    Action("back_to_now", "The present picture again", events.ViewPicture(None), "History", "End"),
    Action(
        "go_on_from_here",
        "Go on from the picture that is looked at",
        events.GoOnFromHere(),
        "History",
        "Enter",
        more="Pulling at it does the same. What came after stays in the timeline; Undo takes this back.",
    ),
    Action(
        "bookmark", "Bookmark the picture", events.AddBookmark(), "History", "M", "latent to come back to"
    ),
    Action("fit", "Fit the picture to the window", events.FitView(), "View", "F 0"),
    Action("zoom_in", "Zoom in", events.ZoomView(1.25), "View", "Plus Shift+Plus"),
    Action("zoom_out", "Zoom out", events.ZoomView(0.8), "View", "Minus"),
    Action(
        "markers",
        "Hide or show points and mask",
        events.ToggleMarkers(),
        "View",
        "H",
        term="handles, targets, mask",
    ),
    Action("open_session", "Open a session", events.AskForFile("open_session"), "Files", "Ctrl+O"),
    Action(
        "resume_session",
        "Resume the session that was not closed",
        events.OfferUnfinished(),
        "Files",
        more="After a crash, or where another window was killed. The edit is replayed to its last step.",
    ),
    Action(
        "save_session",
        "Save the session",
        events.SaveSession(),
        "Files",
        "Ctrl+S",
        more="The edit, step by step, to open or replay later.",
    ),
    Action(
        "save_session_as",
        "Save the session under another name",
        events.SaveSessionAs(),
        "Files",
        "Ctrl+Shift+S",
    ),
    Action(
        "copy_session",
        "Copy the session as text",
        events.CopySession(),
        "Files",
        "Ctrl+C",
        more="To send it, or to open it in another window.",
    ),
    Action(
        "open_latent",
        "Open a latent",
        events.AskForFile("open_latent"),
        "Files",
        term="latent code w, w_plus",
        more="Start from a .safetensors, .npy, .npz or .pt. Nothing in the file is run.",
    ),
    Action("paste_session", "Open the session whose text was copied", events.AskPaste(), "Files", "Ctrl+V"),
    Action(
        "export_picture",
        "Export the picture",
        events.Export("picture"),
        "Files",
        "Ctrl+E",
        more="At full resolution: PNG, JPEG or WebP, as the Export section says.",
    ),
    Action(
        "export_sheet",
        "Export before and after",
        events.Export("sheet"),
        "Files",
        term="comparison sheet",
        more="The start and the result side by side in one picture.",
    ),
    Action(
        "export_latent",
        "Export the latent code",
        events.Export("latent"),
        "Files",
        term="latent code w_plus",
        more="To open here or in other programs.",
    ),
    Action(
        "export_mask",
        "Export the painted mask",
        events.Export("mask"),
        "Files",
        more="As PNG, among the exported files.",
    ),
    Action(
        "export_all",
        "Export everything to a folder",
        events.Export("all"),
        "Files",
        "Ctrl+Shift+E",
        more="Pictures, latent, mask and session in one new folder.",
    ),
    Action(
        "record",
        "Record, or stop recording",
        events.ToggleRecording(),
        "Recording",
        "F9",
        "screen capture",
        more="While you work. The file plays even if the program is killed.",
    ),
    Action(
        "render_movie",
        "Render the edit as a movie",
        events.RenderMovie(),
        "Recording",
        "F10",
        term="interpolated latents",
        more="Every step again from the start, the latents mixed between steps: smooth at any rate and size.",
    ),
    Action("screenshot", "Screenshot of the picture area", events.TakeScreenshot(), "Recording", "F12"),
    Action(
        "screenshot_window",
        "Screenshot of the window",
        events.TakeScreenshot(whole=True),
        "Recording",
        "Shift+F12",
    ),
    Action("palette", "Search all actions", events.TogglePalette(), "Window", "Ctrl+K", "command palette"),
    Action("theme", "Light or dark window", events.ToggleTheme(), "Window", "F8", "theme"),
    Action("larger_text", "Larger texts and controls", events.ChangeScale(1), "Window", "Ctrl+Plus", "scale"),
    Action("smaller_text", "Smaller texts and controls", events.ChangeScale(-1), "Window", "Ctrl+Minus"),
    Action(
        "visible_mark",
        "Mark on exported pictures, on or off",
        events.ToggleVisibleMark(),
        "Files",
        term="visible mark of generated media",
        more="Writes AI in a corner of pictures and recordings. Their metadata tell it in any case.",
    ),
    Action("messages", "The last messages", events.ToggleNotices(), "Window", "F2", "notices, errors"),
    Action("dismiss", "Dismiss all messages", events.DismissNotice(), "Window", "Shift+Esc"),
    Action("cancel_task", "Give up the work that goes on", events.CancelTask(), "Window", term="cancel"),
    Action("help", "All mouse actions and keys", events.ToggleHelp(), "Window", "F1 Shift+Slash"),
    Action("quit", "Close the window", events.CloseWindow(), "Window", "Ctrl+Q"),
    *(
        Action(s.action_id, s.action_name, events.ShowSection(s.title), "Window", "", s.term, f"{s.holds}.")
        for s in SECTIONS
    ),
)


def find_action(action_id: str) -> Action:
    """The action of this id. Raises KeyError where there is none: a spelling mistake in our own code."""
    for action in ACTIONS:
        if action.id == action_id:
            return action
    raise KeyError(action_id)

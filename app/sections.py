"""The sections of the side panel: what they are called, and what is in them. Plain data.

The panels themselves are the window's (`app.ui.window_contents`); the search finds them by this list.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SectionInfo:
    """One section in words. title: of its header. term: what the field calls what is in it, "" = the same."""

    title: str
    holds: str
    term: str = ""

    @property
    def action_id(self) -> str:
        """Of the action that shows it."""
        return f"panel_{self.title.lower()}"

    @property
    def action_name(self) -> str:
        """What that action does."""
        return f"Show the {self.title} section"


SECTIONS: tuple[SectionInfo, ...] = (
    SectionInfo("Picture", "The picture that a drag starts from", "seed, truncation psi"),
    SectionInfo("Models", "The models that can be opened", "generators"),
    SectionInfo("Bookmarks", "Pictures to come back to, and what lies between two of them", "latents"),
    SectionInfo("Drag", "Start, stop, and how far it is", "iterations, loss"),
    SectionInfo("Handles", "Every point with its way to go", "handle and target points, confidence"),
    SectionInfo("Mask", "The brush for what may move and what stays"),
    SectionInfo("Overlays", "What is drawn over the picture, and how strongly"),
    SectionInfo("Recording", "Recordings, movies and screenshots: their form and size"),
    SectionInfo("Export", "What is written to files, and in which form"),
    SectionInfo("Parameters", "How the drag is done: presets, and every number", "hyperparameters"),
    SectionInfo("Timing", "How long frames, steps and pictures take", "latency, frame rate"),
)

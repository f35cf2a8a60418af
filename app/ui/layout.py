"""Where things are in the window, px at 100 %. No Dear PyGui in here: tests read it too."""

TOOLBAR_HEIGHT_PX = 56
SIDE_WIDTH_PX = 328
STATUS_HEIGHT_PX = 36
TIMELINE_HEIGHT_PX = 74
GRIP_WIDTH_PX = 6  # between the picture and the side panel

"""Dear PyGui's key codes -> the names of `app.keys.KEY_NAMES`."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.keys import KEY_NAMES

# Of Dear PyGui 2's named constants these are codes that no key sends (seen under X11); what is sent are the
# numbers of Dear ImGui's ImGuiKey.
_SENT: dict[str, int] = {
    "PageUp": 517,
    "PageDown": 518,
    "'": 596,
    ";": 601,
    "Plus": 602,  # the key with = and +
    "`": 606,
}
_KEYPAD: dict[int, str] = {
    dpg.mvKey_Add: "Plus",
    dpg.mvKey_Subtract: "Minus",
    dpg.mvKey_NumPadEnter: "Enter",
    **{getattr(dpg, f"mvKey_NumPad{digit}"): str(digit) for digit in range(10)},
}

KEY_OF_CODE: dict[int, str] = {
    **{_SENT.get(name) or int(getattr(dpg, f"mvKey_{theirs}")): name for name, theirs in KEY_NAMES.items()},
    **_KEYPAD,
}

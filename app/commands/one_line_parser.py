"""`OneLineParser`: argparse that says what is wrong in one line, also of values that begin with a dash."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

EXIT_ERROR = 2


class OneLineParser(argparse.ArgumentParser):
    """What follows an option that takes a value is its value: '--drag -3,4:5,6' needs no '='. Only what
    begins with two dashes is another option, and that is written in full: else a new option could change what
    an old script means. Sub-commands are parsers of this kind too."""

    _has_commands = False

    def __init__(self, **settings: Any) -> None:
        """settings: see argparse."""
        super().__init__(**settings, allow_abbrev=False)

    def add_subparsers(self, **settings: Any) -> Any:
        """See argparse."""
        self._has_commands = True
        return super().add_subparsers(**settings)

    def error(self, message: str) -> NoReturn:
        """Prints the message and leaves with exit code 2."""
        print_error(f"{message}; see '{self.prog} --help'")
        sys.exit(EXIT_ERROR)

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]  # its overloads, in one
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> Any:
        """See argparse; called for sub-commands too, with the arguments behind their name."""
        return super().parse_known_args(self._joined(sys.argv[1:] if args is None else list(args)), namespace)

    def _joined(self, arguments: Iterable[str]) -> list[str]:
        """'--drag', '-3,4:5,6' -> '--drag=-3,4:5,6': argparse would take such a value for an option, and say
        only that one is missing."""
        joined: list[str] = []
        left = list(arguments)
        while left and left[0] != "--":
            if self._has_commands and not left[0].startswith("-"):
                break  # the rest is the command's
            argument = left.pop(0)
            option = self._option(argument)
            if option is None or option.nargs not in (None, "?"):  # None: one value
                joined.append(argument)
            elif left and not left[0].startswith("--") and (option.nargs is None or left[0].startswith("-")):
                joined.append(f"{argument}={left.pop(0)}")
            elif option.nargs is None:
                self.error(_without_value(argument, option))
            else:
                joined.append(argument)
        return [*joined, *left]

    def _option(self, argument: str) -> argparse.Action | None:
        """The option that an argument names, None where a value stands in it too or it is no option. Leaves
        with exit code 2 where there is no such option."""
        name, equals, _ = argument.partition("=")
        if not name.startswith("--"):
            return None
        if name not in self._option_string_actions:
            self.error(f"there is no option {name}; {_near(name, self._told_options())}")
        return None if equals else self._option_string_actions[name]

    def _told_options(self) -> list[str]:
        """Those that the help shows."""
        return [
            name
            for name, action in self._option_string_actions.items()
            if name.startswith("--") and action.help != argparse.SUPPRESS
        ]


def print_error(message: str) -> None:
    """One line on stderr, whatever the message holds."""
    print(f"livedrag: {' '.join(message.split())}", file=sys.stderr)


def _without_value(argument: str, option: argparse.Action) -> str:
    if option.choices is not None:
        wanted = "one of " + ", ".join(str(choice) for choice in option.choices)
    else:
        wanted = str(option.metavar or option.dest.upper())
    told = f" ({option.help})" if option.help not in (None, argparse.SUPPRESS) else ""
    return f"argument {argument}: no value was given; give {wanted} after it{told}"


def _near(name: str, known: Sequence[str]) -> str:
    """Those that a person may have meant, in words."""
    begun = [option for option in known if option.startswith(name)]
    near = begun or difflib.get_close_matches(name, known, 3)
    return f"near it: {', '.join(near)}" if near else f"there are {', '.join(known)}"

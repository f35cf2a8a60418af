"""The commands of `livedrag`, one file each: `add_parser(subparsers)` and `run(arguments) -> exit code`."""

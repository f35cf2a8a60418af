"""stub"""

from app.commands.arguments import add_model_arguments


def add_arguments(parser):
    add_model_arguments(parser)
    parser.add_argument("--seed")
    parser.add_argument("--psi")
    parser.add_argument("--session")


def run(arguments):
    from app.commands.example import run_example

    return run_example()

"""python -m cyclone: the program, with all its subcommands."""

import os
import sys

from ._program import program

if __name__ == "__main__":
    path = program()
    os.execvp(path, [path, *sys.argv[1:]])  # signals are for the program, which ends with a checkpoint

"""`code`: a section's experiment as a PyTorch program."""

from __future__ import annotations

import sys
from argparse import Namespace

from lessons import catalog
from lhytui import language
from lhytui.target import aim

FINE, USAGE = 0, 2


def code(args: Namespace) -> int:
    """Print the program, or say that there is nothing to train."""
    target = aim(catalog.load(), args.lesson, args.set, args.seed)
    from lessons.pytorch import translate

    settings = {**target.settings, **{control: value for _, control, value in target.log}}
    program = translate(target.lesson, target.section, settings, target.seed, args.lang)
    if program is None:
        print(language.words(args.lang)("error.trains-nothing"), file=sys.stderr)
        return USAGE
    print(program.text, end="")
    return FINE

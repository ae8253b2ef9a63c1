"""Asks the terminal how wide it draws signs whose width is ambiguous (▀, θ, →): one cell or, in some, two."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
import tty

PATIENCE = 0.2  # seconds; a terminal that does not answer by then is taken to be an ordinary one
ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")


def narrow() -> bool:
    """True when "▀θ" takes two cells. Writes to the terminal and wipes what it wrote."""
    try:
        source, before = sys.stdin.fileno(), termios.tcgetattr(sys.stdin.fileno())
    except (OSError, ValueError, termios.error):
        return True
    try:
        tty.setcbreak(source, termios.TCSANOW)
        sys.stdout.write("\r▀θ\x1b[6n")
        sys.stdout.flush()
        heard, end = b"", time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0 and select.select([source], [], [], left)[0]:
            heard += os.read(source, 64)
            if found := ANSWER.search(heard):
                return int(found[1]) <= 3
        return True
    finally:
        sys.stdout.write("\r\x1b[2K")
        sys.stdout.flush()
        termios.tcsetattr(source, termios.TCSANOW, before)

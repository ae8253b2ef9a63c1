"""Prints time per update, ours and the peers': python tests/bench/peers.py [rounds]."""

import sys

from lhytui.bench import ROUNDS, run, table

if __name__ == "__main__":
    print(*table(run(rounds=int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)), sep="\n")

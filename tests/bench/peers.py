"""Prints time per update, ours and the peers': python tests/bench/peers.py [rounds]."""

import sys

from lhytui.bench import run

if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    for case, found in run(rounds=rounds).items():
        ratios = found.pop("ratios")
        times = "  ".join(
            f"{name} {each['median']:9.1f} (least {each['least']:9.1f})"
            for name, each in found.items()
            if each
        )
        print(f"{case:13s} µs per update: {times}   ratio", *(f"{p} {r:.2f}" for p, r in ratios.items()))

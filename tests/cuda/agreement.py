"""Asserts that one pass of a network is the same on the CPU and on the simulated GPU."""

from __future__ import annotations

import numpy as np

from engine.cuda.agreement import CLOSE, differ, gaps, passes


def agree(network, x=None, y=None, *, close=CLOSE, skip=(), **options):
    """The same loss, gradient, buffers and statistics.

    skip: names of nodes whose buffers the device need not fill as the CPU does.
    """
    program, cpu, gpu = passes(network, x, y, **options)
    assert np.isfinite(cpu[2]).all()
    for name, gap in gaps(program, cpu, gpu).items():
        assert gap < close or name.partition(" of ")[2] in skip, (name, gap)
    for name, block in program.blocks.items():
        part = slice(block.offset, block.offset + block.size)
        assert differ(gpu[2][part], cpu[2][part]) < 5 * close, name

"""Numba simulates the GPU only if told so before it is imported: these tests run in a process of their own.

Elsewhere only `test_cuda_simulated.py` is collected, which starts that process.
"""

import os
import sys

import pytest

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"

if SIMULATED:
    sys.setswitchinterval(1e-4)  # the simulator polls: its threads would wait long for the interpreter's lock
else:
    collect_ignore_glob = [
        name for name in os.listdir(os.path.dirname(__file__)) if not name.startswith("test_cuda_simulated")
    ]


def pytest_collection_modifyitems(items):
    """Whole numbers wrap around in keys, and NumPy says so of its scalars, of which the simulator is made."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore::RuntimeWarning"))

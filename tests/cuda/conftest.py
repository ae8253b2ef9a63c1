"""Numba simulates the GPU only if told so before it is imported: these tests run in a process of their own.

Elsewhere only `test_cuda_simulated.py` is collected, which starts that process, and what needs the real compiler.
"""

import os
import sys

import pytest

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"

# What runs in the process of the other tests.
REAL = ("test_cuda_simulated.py", "test_cuda_compiled.py", "test_cuda_roofline.py")
if SIMULATED:
    collect_ignore = list(REAL[1:])
    sys.setswitchinterval(1e-4)  # the simulator polls: its threads would wait long for the interpreter's lock
else:
    collect_ignore = [
        name for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py") and name not in REAL
    ]


def pytest_collection_modifyitems(items):
    """Whole numbers wrap around in keys, and NumPy says so of its scalars, of which the simulator is made."""
    for item in items:
        if item.path.parent.name == "cuda":
            item.add_marker(pytest.mark.filterwarnings("ignore::RuntimeWarning"))

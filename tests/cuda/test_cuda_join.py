"""Where the graph parts and joins, on the simulated GPU."""

import numpy as np
from agreement import agree

from engine.network import Network


def test_a_surface_of_one_row():
    pass

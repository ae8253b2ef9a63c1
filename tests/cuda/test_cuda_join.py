"""Where the graph parts and joins, on the simulated GPU."""


def test_a_surface_of_one_row():
    pass

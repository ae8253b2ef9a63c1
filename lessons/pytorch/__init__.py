"""The experiment on the screen as a complete PyTorch program."""

from lessons.pytorch.program import Program, translate

__all__ = ["Program", "translate"]

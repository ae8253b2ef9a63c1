"""Layers over sequences: a node of `length` positions of `d` numbers each is length·d wide."""

from __future__ import annotations


class SequenceLayers:
    """Methods of `Network`."""

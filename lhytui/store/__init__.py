"""What the learner has done, kept in one SQLite file and saved at every event."""

from lhytui.store.progress import Answer, Store

__all__ = ["Answer", "Store"]

"""Failures of the engine: a code and facts, never a sentence; the app's words.toml has the sentences."""


class EngineError(Exception):
    """What went wrong (`code`, kebab-case) and the `facts` that name the thing and its mend."""

    def __init__(self, code: str, **facts):
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code}: " + ", ".join(f"{k}={v}" for k, v in self.facts.items())

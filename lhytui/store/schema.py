"""The tables of progress.db, as the steps that lead from each version to the next."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE section_progress (
            lesson TEXT NOT NULL, section TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('seen', 'run', 'done')), updated REAL NOT NULL,
            PRIMARY KEY (lesson, section)) STRICT""",
        """CREATE TABLE claim (
            lesson TEXT NOT NULL, claim TEXT NOT NULL, met_at REAL NOT NULL,
            PRIMARY KEY (lesson, claim)) STRICT""",
        """CREATE TABLE answer (
            lesson TEXT NOT NULL, section TEXT NOT NULL, option TEXT NOT NULL,
            right INTEGER, at REAL NOT NULL,
            PRIMARY KEY (lesson, section)) STRICT""",
        """CREATE TABLE card (
            card_id TEXT NOT NULL, lesson TEXT NOT NULL, text_hash TEXT NOT NULL, state_json TEXT NOT NULL,
            due REAL NOT NULL, PRIMARY KEY (lesson, card_id)) STRICT""",
        """CREATE TABLE review (
            id INTEGER PRIMARY KEY, card_id TEXT NOT NULL, lesson TEXT NOT NULL, grade INTEGER NOT NULL,
            at REAL NOT NULL, before_json TEXT) STRICT""",
        "CREATE TABLE place (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    ),
)
TABLES = frozenset({"section_progress", "claim", "answer", "card", "review", "place"})

"""The command line: reads the arguments, calls the command, turns failures into a sentence and a status.

stdout is data, stderr is narration. Status: 0 fine, 1 findings or claims missed, 2 usage or unknown lesson,
3 diverged, 4 engine failure, 130 interrupted. Commands are imported when they are called.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from lessons.catalog import CatalogError
from lessons.spec import SpecError
from lhytui import __version__, language, paths
from lhytui.share import ShareError

COMMANDS = ("list", "read", "run", "code", "verify", "check", "bench", "warm", "doctor")
VALUED = ("--set", "--seed", "--lang")  # options that may stand before the command and take a value
USAGE, ENGINE, INTERRUPTED = 2, 4, 130


def whole(least: int) -> Callable[[str], int]:
    """The type of an argument that is an integer from `least` on."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} < {least}" if text.isdecimal() else text)
        return int(text)

    return read


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Begins the usage line with the learner's word for it."""

    usage = ""

    def add_usage(self, usage, actions, groups, prefix=None):
        super().add_usage(usage, actions, groups, self.usage)


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in the learner's language."""

    def __init__(self, lang: str, name: str = ""):
        self.lang, say = lang, language.words(lang)
        texts = {"epilog": say("cli.epilog")} if not name else {}
        super().__init__(
            prog=f"lhytui {name}".strip(),
            description=say(f"cli.{name or 'app'}"),
            formatter_class=type("Formatter", (Formatter,), {"usage": say("cli.usage")}),
            add_help=False,
            allow_abbrev=False,
            **texts,
        )
        self._positionals.title, self._optionals.title = say("cli.arguments"), say("cli.options")
        self.option("--help", "-h", action="help")
        self.option("--lang", choices=("zh", "en"))

    def option(self, *names: str, **facts) -> None:
        """An argument whose help is the word `cli.option.<name>`."""
        word = f"cli.option.{names[0].lstrip('-')}"
        self.add_argument(*names, help=language.words(self.lang)(word).replace("%", "%%"), **facts)

    def error(self, message: str):
        print(language.words(self.lang)("error.usage", detail=message, command=self.prog), file=sys.stderr)
        sys.exit(USAGE)


def command_of(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The command (or "") and the arguments without it: the first word that is no option or its value."""
    at = 0
    while at < len(argv) and argv[at].startswith("-"):
        at += 2 if argv[at] in VALUED else 1
    if at < len(argv) and argv[at] in COMMANDS:
        return argv[at], [*argv[:at], *argv[at + 1 :]]
    return "", list(argv)


def parser(command: str, lang: str) -> Parser:
    """The parser of one command, or of the app when `command` is empty."""
    made = Parser(lang, command)
    if command == "":
        made.option("--version", action="version", version=f"lhytui {__version__}")
    if command in ("", "read", "run", "code"):
        made.option("lesson", nargs="?" if command == "" else None, metavar="LESSON[:SECTION]")
    if command == "verify":
        made.option("lessons", nargs="*", metavar="LESSON[:SECTION]")
        made.option("--seeds", type=whole(1), default=10, metavar="N")
        made.option("--device", choices=("cpu", "cuda"), default="cpu")
    if command in ("", "run", "code"):
        made.option("--set", action="append", default=[], metavar="K=V")
        made.option("--seed", type=int, metavar="N")
    if command == "run":
        made.option("--steps", type=whole(0), metavar="N")
        made.option("--device", choices=("cpu", "cuda"), default="cpu")
        made.option("--threads", type=whole(1), default=1, metavar="N")
        made.option("--jsonl", action="store_true")
    if command in ("list", "run", "verify", "bench", "doctor"):
        made.option("--json", action="store_true")
    if command == "bench":
        made.option("--against", default="", metavar="torch,jax")
        made.option("--only", metavar="ID")
        made.option("--cold", action="store_true")
        made.option("--device", choices=("cpu", "cuda"), default="cpu")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit status."""
    command, rest = command_of(sys.argv[1:] if argv is None else argv)
    lang = language.choose(_flag(rest))
    try:
        paths.prepare()
        args = parser(command, lang).parse_args(rest)
        args.lang = lang
        status = call(command, args)
        sys.stdout.flush()
        return status
    except SystemExit as leave:  # argparse: --help, --version, usage
        return leave.code if isinstance(leave.code, int) else 0
    except (CatalogError, SpecError, ShareError) as error:
        print(language.sentence(error, lang), file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # The reader has left: nothing more can be said, not even by the interpreter's last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("LHYTUI_DEBUG"):
            raise
        print(language.sentence(error, lang), file=sys.stderr)
        return ENGINE


def call(command: str, args: argparse.Namespace) -> int:
    """The command's own function, imported only now."""
    if command == "":
        return start(args)
    if command in ("list", "read"):
        from lhytui import reading

        return getattr(reading, "show" if command == "list" else "read")(args)
    if command == "code":
        from lhytui import coding

        return coding.code(args)
    if command == "check":
        from lhytui import linting

        return linting.check(args)
    if command == "doctor":
        from lhytui import doctor

        return doctor.report(args)
    from lhytui import headless

    return getattr(headless, command)(args)


def start(args: argparse.Namespace) -> int:
    """The app, at a lesson or where it was left; wrong arguments are told before the screen is taken."""
    target = None
    if args.lesson is None and (args.set or args.seed is not None):
        raise SpecError("no-lesson-to-set")
    if args.lesson is not None:
        from lessons import catalog
        from lhytui.target import aim

        target = aim(catalog.load(), args.lesson, args.set, args.seed)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(language.words(args.lang)("error.no-terminal"), file=sys.stderr)
        return USAGE
    from lhytui.app import run

    if target is None:
        return run(None, None, {}, None, args.lang, share=()) or 0
    given = args.seed is not None or "?" in args.lesson or any(pair.startswith("seed=") for pair in args.set)
    return (
        run(
            target.lesson.id,
            target.section.id if ":" in args.lesson else None,
            dict(target.changes),
            target.seed if given else None,
            args.lang,
            share=target.log,
        )
        or 0
    )


def _flag(argv: Sequence[str]) -> str | None:
    """The language named in the arguments, known before they are parsed: usage is told in it, too."""
    for at, word in enumerate(argv):
        value = word.removeprefix("--lang=") if word.startswith("--lang=") else None
        if word == "--lang" and at + 1 < len(argv):
            value = argv[at + 1]
        if value in ("zh", "en"):
            return value
    return None

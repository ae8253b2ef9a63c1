"""`run`, `verify`, `warm` and `bench`: the lessons without a screen."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from importlib import import_module, metadata
from platform import python_version
from typing import Any

from lessons import catalog, proof
from lessons.catalog import Course, Lesson
from lhytui import __version__, language
from lhytui.feed import Feed, number
from lhytui.target import Target, aim

FINE, MISSED, USAGE, DIVERGED, ENGINE = 0, 1, 2, 3, 4
PEERS = ("torch", "jax")


def say(args: Namespace, key: str, **facts: Any) -> None:
    """One line of narration."""
    print(language.words(args.lang)(key, **facts), file=sys.stderr)


def versions() -> dict[str, str]:
    """Of everything that decides what a run computes."""
    return {
        "lhytui": __version__,
        "python": python_version(),
        **{name: metadata.version(name) for name in ("numpy", "numba", "textual")},
    }


def run(args: Namespace) -> int:
    """One run of a section; ends with a summary, or with one JSON object."""
    target = aim(catalog.load(), args.lesson, args.set, args.seed)
    for name in proof.THREADS:
        os.environ[name] = str(args.threads)

    from engine.device import Place

    place = Place(args.device)
    session = open_session(target, place)
    limit = goal(target, session, args.steps)
    say(args, "run.start", lesson=target.lesson.id, section=target.section.id, seed=target.seed, limit=limit)
    feed, told = Feed(), tell_device(args, place, None)
    for ended in advance(session, limit, target.log):
        for line in feed.new(session.tape, ended) if args.jsonl else ():
            print(line)
        told = tell_device(args, place, told)
    result = session.result()
    timing = {"compile_s": round(session.compile_seconds, 4), "train_s": round(session.train_seconds, 4)}
    if args.json or args.jsonl:
        report = describe(target, result, args, timing, place.used)
        print(json.dumps(report, ensure_ascii=False, allow_nan=False))
    else:
        for name, value in result.metrics.items():
            print(f"{name}\t{value:.6g}")
    say(args, "run.end", phase=result.phase, steps=result.steps, **timing)
    if result.phase == "diverged":
        facts = {"layer": "–", "rate": target.settings.get("rate", "–"), **(session.fault or {})}
        say(args, "error.diverged", **{"update": result.steps, **facts})
        return DIVERGED
    return FINE


def tell_device(args: Namespace, place: Any, told: Any) -> Any:
    """Narrate what came of the device, unless that was `told`; returns what there is to tell."""
    news = place.news()
    if news not in (None, told):
        print(language.tell(*news, args.lang, "engine"), file=sys.stderr)
    return news


def open_session(target: Target, place: Any = None) -> Any:
    """An inline session with its model built, to train at a place. Errors: whatever the lesson's builder raises."""
    from engine.device import Place, placed
    from engine.session import Session

    build = placed(target.lesson.call(target.experiment.build), place or Place())
    live = target.experiment.live
    session = Session(build, dict(target.settings), target.seed, live=live, threaded=False)
    if session.error is not None:
        raise session.error
    return session


def goal(target: Target, session: Any, steps: int | None) -> int:
    """The update to stop at: asked for, or the section's stop, or the end of the story."""
    stop = target.section.stop
    if steps is None and "updates" in stop:
        steps = stop["updates"]
    if steps is None and "epochs" in stop and session.epoch:
        steps = stop["epochs"] * session.epoch
    return session.limit if steps is None else min(steps, session.limit)


def advance(session: Any, limit: int, log: tuple[tuple[int, str, Any], ...] = ()) -> Iterator[bool]:
    """Train up to `limit`, setting what the log says on the way; yields after every chunk whether it ends."""
    pending = list(log)
    while True:
        while pending and pending[0][0] <= session.step:
            session.set(*pending.pop(0)[1:])
        ahead = min(limit, pending[0][0]) if pending else limit
        before = session.step
        session.advance(min(proof.CHUNK, ahead - before))
        if session.error is not None:
            raise session.error
        ended = session.phase in proof.ENDED or session.step in (before, limit)
        yield ended
        if ended:
            return


def describe(
    target: Target, result: Any, args: Namespace, timing: dict[str, float], device: str
) -> dict[str, Any]:
    """The object that `run --json` ends with."""
    return {
        "lesson": target.lesson.id,
        "section": target.section.id,
        "experiment": target.section.experiment,
        "params": dict(target.settings),
        "seed": result.seed,
        "steps": result.steps,
        "phase": result.phase,
        "device": device,
        "threads": args.threads,
        "metrics": {name: number(value) for name, value in result.metrics.items()},
        "claims": claims(target, result, args),
        "timing": timing,
        "versions": versions(),
    }


def claims(target: Target, result: Any, args: Namespace) -> list[dict[str, Any]]:
    """The section's claims; those whose arms are all this very run are checked, the others are null."""
    told = []
    for claim in target.experiment.claims:
        if claim.id not in target.section.claims:
            continue
        same = [target.experiment.settings(arm) == target.settings for arm in claim.arms.values()]
        holds = None
        if all(same) and not target.log and result.phase in ("done", "diverged"):
            try:
                holds = bool(target.lesson.call(claim.check)(dict.fromkeys(claim.arms, result)))
            except Exception as error:  # an author's check
                detail = f"{type(error).__name__}: {error}"
                say(args, "error.failed-check", claim=claim.id, detail=detail)
        told.append({"id": claim.id, "kind": claim.kind, "holds": holds})
    return told


def verify(args: Namespace) -> int:
    """The claims of the named sections, or of the whole course, over seeds."""
    begun = time.perf_counter()
    course = catalog.load()
    verdicts = proof.verify(
        wanted(course, args.lessons), args.seeds, progress=progress(args.lang), device=args.device
    )
    if not verdicts:
        say(args, "verify.none")
    table = sys.stderr if args.json else sys.stdout
    for line in verdict_lines(verdicts, args.lang):
        print(line, file=table)
    if args.json:
        print(json.dumps([verdict_row(v) for v in verdicts], ensure_ascii=False, indent=1))
    fine = sum(v.ok for v in verdicts)
    say(args, "verify.summary", ok=fine, count=len(verdicts), seconds=time.perf_counter() - begun)
    return FINE if fine == len(verdicts) else MISSED


def progress(lang: str) -> Callable[[int, int], None]:
    """Shows on a terminal how far the work has come, on one line."""

    def tell(done: int, count: int) -> None:
        if sys.stderr.isatty():
            line = language.words(lang)("verify.progress", done=done, count=count)
            print(f"\r{line}", end="\n" if done == count else "", file=sys.stderr, flush=True)

    return tell


def wanted(course: Course, names: list[str]) -> list[tuple[Lesson, list[str]]]:
    """The claims behind LESSON[:SECTION]…; all of the course for no names."""
    found: dict[str, tuple[Lesson, dict[str, None]]] = {}
    for name in names or [lesson.id for lesson in course.lessons]:
        lesson, section = course.find(name)
        sections = [section] if ":" in name else lesson.sections
        ids = found.setdefault(lesson.id, (lesson, {}))[1]
        ids.update(dict.fromkeys(claim for s in sections for claim in s.claims))
        for claim in ids:
            proof.experiment_of(lesson, claim)
    return [(lesson, list(ids)) for lesson, ids in found.values()]


def verdict_row(verdict: proof.Verdict) -> dict[str, Any]:
    return {
        "lesson": verdict.lesson,
        "experiment": verdict.experiment,
        "claim": verdict.claim,
        "kind": verdict.kind,
        "seeds": verdict.seeds,
        "held": verdict.held,
        "counter_failed": verdict.told,
        "needed": verdict.needed,
        "ok": verdict.ok,
        "errors": list(verdict.errors),
    }


def verdict_lines(verdicts: list[proof.Verdict], lang: str) -> Iterator[str]:
    """The table, in columns; errors under the claim they kept from being checked."""
    words = language.words(lang)
    width = max((len(f"{v.lesson}  {v.claim}") for v in verdicts), default=0)
    for v in verdicts:
        name = f"{v.lesson}  {v.claim}".ljust(width)
        mark = words("verify.ok" if v.ok else "verify.missed")
        yield f"{name}  {v.kind:<11}  {v.held:>3}/{v.seeds}  {v.told:>3}/{v.seeds}  {mark}"
        yield from (f"    {error}" for error in v.errors[:1])


def warm(args: Namespace) -> int:
    """Build every experiment and do a few updates, so that the first lesson need not compile."""
    begun = time.perf_counter()
    course = catalog.load()
    stories = {}
    for lesson in course.lessons:
        for section in lesson.sections:
            stories.setdefault((lesson.id, section.experiment), f"{lesson.id}:{section.id}")
    for done, ((lesson, experiment), name) in enumerate(stories.items(), 1):
        say(args, "warm.progress", done=done, count=len(stories), lesson=lesson, experiment=experiment)
        open_session(aim(course, name)).advance(2)
    say(args, "warm.done", seconds=time.perf_counter() - begun)
    return FINE


def bench(args: Namespace) -> int:
    """Time per update of some standard runs and its ratio to each peer."""
    against = [name for name in args.against.split(",") if name]
    for name in against:
        if name not in PEERS:
            say(args, "error.unknown-peer", peer=name, known=", ".join(PEERS))
            return USAGE
    timing = import_module("lhytui.bench")
    if args.cold:
        compiling = import_module("lhytui.bench.cold")
        found = compiling.run()
        print(json.dumps(found, indent=1) if args.json else "\n".join(compiling.table(found)))
        return FINE
    if args.device == "cuda":
        cards = import_module("lhytui.bench.cards")
        found = cards.run()
        print(json.dumps(found, indent=1) if args.json else "\n".join(cards.table(found)))
        return FINE if all(each["gap"] < cards.CLOSE for each in found) else MISSED
    if args.only not in (None, *timing.CASES):
        say(args, "error.unknown-workload", workload=args.only, known=", ".join(timing.CASES))
        return USAGE
    report = timing.run(against, only=args.only)
    print(json.dumps(report, indent=1) if args.json else "\n".join(timing.table(report)))
    return FINE

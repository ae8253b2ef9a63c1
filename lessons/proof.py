"""Proof of the claims: runs a claim's arms and its counter's, seed by seed, and asks the check about both.

No numpy at the top: worker processes set their number of threads before it is loaded.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lessons import catalog
from lessons.catalog import CatalogError, Lesson
from lessons.spec import Claim, Experiment

if TYPE_CHECKING:
    from engine.model import Result

SHARE = 0.9  # of the seeds, on which a statistical claim must hold
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
ENDED = ("done", "diverged", "failed", "closed")
CHUNK = 4096  # updates between two looks at the phase

Run = Callable[[Mapping[str, Any]], "Result"]


@dataclass(frozen=True)
class Task:
    """Some claims of one experiment on one seed, so that arms that they share run once."""

    course: str
    lesson: str
    experiment: str
    claims: tuple[str, ...]
    seed: int
    device: str = "cpu"


@dataclass(frozen=True)
class Verdict:
    """A claim over all seeds: on how many it held, on how many its counter was told from it."""

    lesson: str
    experiment: str
    claim: str
    kind: str
    seeds: int
    held: int
    told: int
    errors: tuple[str, ...] = field(default_factory=tuple)

    @property
    def needed(self) -> int:
        return math.ceil(SHARE * self.seeds) if self.kind == "statistical" else self.seeds

    @property
    def ok(self) -> bool:
        return not self.errors and min(self.held, self.told) >= self.needed


def run_arm(
    lesson: Lesson, experiment: Experiment, settings: Mapping[str, Any], seed: int, device: str = "cpu"
) -> Result:
    """One run from its first update to its end; `settings` are changes to the experiment's defaults."""
    from engine.device import Place, placed
    from engine.session import Session

    build = placed(lesson.call(experiment.build), Place(device))
    session = Session(build, experiment.settings(settings), seed, live=experiment.live, threaded=False)
    while session.phase not in ENDED:
        before = session.step
        session.advance(CHUNK)
        if session.step == before and session.phase not in ENDED:
            break
    if session.error is not None:
        raise session.error
    return session.result()


def experiment_of(lesson: Lesson, claim: str) -> tuple[Experiment, Claim]:
    """The experiment that makes the claim. Errors: CatalogError("unknown-claim")."""
    for experiment in lesson.experiments().values():
        for known in experiment.claims:
            if known.id == claim:
                return experiment, known
    raise CatalogError("unknown-claim", lesson=lesson.id, claim=claim)


def prove(lesson: Lesson, claim: str, seed: int, run: Run | None = None) -> tuple[bool, bool]:
    """(the claim holds on this seed, its check fails on the counter). `run`: settings → Result."""
    experiment, known = experiment_of(lesson, claim)
    run = run or runner(lesson, experiment, seed)
    check = lesson.call(known.check)
    holds = check({arm: run(settings) for arm, settings in known.arms.items()})
    fooled = check({arm: run(settings) for arm, settings in known.counter.items()})
    return bool(holds), not fooled


def runner(lesson: Lesson, experiment: Experiment, seed: int, device: str = "cpu") -> Run:
    """Runs arms of one experiment on one seed; the same settings run once."""
    done: dict[str, Result] = {}

    def run(settings: Mapping[str, Any]) -> Result:
        key = repr(sorted(experiment.settings(settings).items()))
        if key not in done:
            done[key] = run_arm(lesson, experiment, settings, seed, device)
        return done[key]

    return run


def work(task: Task) -> list[tuple[bool, bool, str]]:
    """For each claim of the task: held, told, and the error that kept it from being checked (or "")."""
    lesson = catalog.load(task.course or None).lesson(task.lesson)
    run = runner(lesson, lesson.experiments()[task.experiment], task.seed, task.device)
    answers = []
    for claim in task.claims:
        try:
            answers.append((*prove(lesson, claim, task.seed, run), ""))
        except Exception as error:  # an author's check or builder; the other claims go on
            answers.append((False, False, f"seed {task.seed}: {type(error).__name__}: {error}"))
    return answers


def verify(
    wanted: Iterable[tuple[Lesson, Iterable[str]]],
    seeds: int = 10,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, count: None,
    device: str = "cpu",
) -> list[Verdict]:
    """Prove the wanted claims (lesson, claim ids) on seeds 1…, spread over processes of one thread each.

    `progress` is called with the tasks done and all tasks after each.
    """
    course = os.environ.get("LHYTUI_COURSE", "")
    tasks: list[Task] = []
    claims: dict[tuple[str, str], tuple[str, Claim]] = {}
    for lesson, ids in wanted:
        ids = list(ids)
        for name, experiment in lesson.experiments().items():
            mine = [claim for claim in experiment.claims if claim.id in ids]
            claims |= {(lesson.id, claim.id): (name, claim) for claim in mine}
            if mine:
                names = tuple(claim.id for claim in mine)
                tasks += [Task(course, lesson.id, name, names, seed, device) for seed in range(1, seeds + 1)]
    answers: dict[tuple[str, str], list[tuple[bool, bool, str]]] = {key: [] for key in claims}
    for done, (task, rows) in enumerate(_spread(tasks, workers or os.cpu_count() or 1), 1):
        for claim, row in zip(task.claims, rows, strict=True):
            answers[task.lesson, claim].append(row)
        progress(done, len(tasks))
    return [_verdict(*key, *claims[key], rows) for key, rows in answers.items()]


def _verdict(
    lesson: str, id: str, experiment: str, claim: Claim, rows: list[tuple[bool, bool, str]]
) -> Verdict:
    held, told = sum(row[0] for row in rows), sum(row[1] for row in rows)
    errors = tuple(row[2] for row in rows if row[2])
    return Verdict(lesson, experiment, id, claim.kind, len(rows), held, told, errors)


def _spread(tasks: list[Task], workers: int) -> Iterator[tuple[Task, list[tuple[bool, bool, str]]]]:
    """The tasks with their answers, in order of completion."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    if not tasks:
        return
    workers = min(workers, len(tasks))
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_single) as pool:
        waiting = {pool.submit(work, task): task for task in tasks}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _single() -> None:
    """One thread for each worker, set before numpy is loaded."""
    for name in THREADS:
        os.environ[name] = "1"

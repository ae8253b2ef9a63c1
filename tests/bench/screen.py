"""Frame gaps, key latency, quitting, processor use and memory of the app, measured inside it in a pseudo-terminal.

python tests/bench/screen.py [120x40] [LESSON:SECTION] [control=value …]
python tests/bench/screen.py 120x40 --every [CHAPTER …]     every section, a line of JSON each, without the pause
"""

import asyncio
import fcntl
import json
import os
import pty
import resource
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time


def drain(fd: int) -> None:
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass


def spread(values) -> dict:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return {
        "n": len(ordered),
        "median_ms": round(1000 * statistics.median(ordered), 1),
        "p95_ms": round(1000 * ordered[int(0.95 * (len(ordered) - 1))], 1),
        "worst_ms": round(1000 * ordered[-1], 1),
    }


def inside(place: str, changes: dict, out: str, brief: bool) -> None:
    """The app itself, playing a script; `brief` leaves out what happens while paused."""
    began = time.perf_counter()
    from lhytui import paths

    paths.prepare()
    from lhytui.app import LhyApp

    lesson, _, section = place.partition(":")

    class Measured(LhyApp):
        def on_mount(self) -> None:
            self.call_after_refresh(lambda: self.run_worker(self.play()))

        async def phase(self, *names) -> None:
            while self.screen.bridge.phase not in names:
                await asyncio.sleep(0.005)

        async def press(self, key: str) -> None:
            from textual import events

            self.post_message(events.Key(key, key if len(key) == 1 else None))

        async def play(self) -> None:
            found = {"shown_ms": round(1000 * (time.perf_counter() - began))}
            screen = self.screen
            await self.phase("ready", "done")
            found["ready_ms"] = round(1000 * (time.perf_counter() - began))
            await asyncio.sleep(0.5 if brief else 2)
            await self.press("0")
            await asyncio.sleep(0.3)
            if not screen.bridge.still:
                pressed, before = time.perf_counter(), screen.bridge.session.step
                await self.press("space")
                while screen.bridge.session.step == before or screen._last is None or screen._last < pressed:
                    await asyncio.sleep(0.002)
                found["key_to_live_ms"] = round(1000 * (time.perf_counter() - pressed))
                take, taken = screen.bridge.frame, []
                screen.bridge.frame = lambda: take() and (taken.append(time.perf_counter()) or True)
                screen.gaps.clear()
                await asyncio.sleep(3 if brief else 5)
                found["gaps"] = spread(screen.gaps)
                if len(taken) > 1:  # how often there was something new to draw
                    found["news_per_s"] = round((len(taken) - 1) / (taken[-1] - taken[0]), 1)
                screen.bridge.frame = take
                found["step"] = screen.bridge.session.step
            screen.latencies.clear()
            for key in ["right", "left"] * 10:
                await self.press(key)
                await asyncio.sleep(0.15)
            found["keys"] = spread(screen.latencies)
            self.found = found
            if brief:
                self.left = time.perf_counter()
                self.exit(0)
                return
            await self.press("space") if screen.bridge.phase == "running" else None
            await asyncio.sleep(2)
            used, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            await asyncio.sleep(5)
            after, spent = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - start
            cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
            found["paused"] = screen.bridge.phase
            found["paused_cpu_percent"] = round(100 * cpu / spent, 2)
            found["memory_mb"] = round(after.ru_maxrss / 1024)
            await self.press("r")
            await asyncio.sleep(0.5)
            await self.press("space")
            await asyncio.sleep(0.5)
            found["quitting_from"] = screen.bridge.phase
            self.left = time.perf_counter()
            self.exit(0)

    app = Measured("en", {"lesson": lesson, "section": section or None, "changes": changes, "seed": None})
    app.run()
    app.found["quit_ms"] = round(1000 * (time.perf_counter() - app.left))
    with open(out, "w") as file:
        json.dump(app.found, file)


def measure(size: str, place: str, pairs: list[str], brief: bool = False) -> dict:
    """What one process of the app found at one place."""
    out = os.path.join(tempfile.gettempdir(), f"lhytui-screen-{os.getpid()}.json")
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        inside(place, dict(pair.split("=", 1) for pair in pairs), out, brief)
        os._exit(0)
    columns, rows = map(int, size.split("x"))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    threading.Thread(target=drain, args=(fd,), daemon=True).start()
    os.waitpid(pid, 0)
    os.close(fd)
    if not os.path.exists(out):
        return {"size": size, "place": place, "failed": True}
    with open(out) as file:
        found = json.load(file)
    os.unlink(out)
    return {"size": size, "place": place, **found}


def every(chapters: list[str]) -> list[str]:
    from lessons import catalog

    lessons = [lesson for lesson in catalog.load().lessons if not chapters or lesson.chapter in chapters]
    return [f"{lesson.id}:{section.id}" for lesson in lessons for section in lesson.sections]


def main() -> None:
    size, place, *rest = [*sys.argv[1:], *["120x40", "training/learning_rate"][len(sys.argv) - 1 :]]
    if place == "--every":
        for place in every(rest):
            print(json.dumps(measure(size, place, [], brief=True)), flush=True)
    else:
        print(json.dumps(measure(size, place, rest), indent=1))


if __name__ == "__main__":
    main()

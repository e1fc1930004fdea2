"""A real Blender window for tests: a mouse and a keyboard from outside, Python from inside, pictures of the screen."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waiting import PATIENCE

SCREEN = (1600, 1000)
_STEP = 15
"""Less than the height of a button, in pixels: none is stepped over."""
_PAUSES = (0.0, 0.1, 0.4)
"""Seconds at each place: where nothing is found, Blender may have been too busy to follow the mouse."""
_DRIVER = Path(__file__).with_name("driver.py")


class Window:
    """One running Blender, 1600 × 1000, alone on its screen."""

    def __init__(self, process: subprocess.Popen[bytes], display: str, channel: Path) -> None:
        self.process = process
        self._display = display
        self._channel = channel
        self._count = 0
        self._found: dict[tuple[str, float, bool], tuple[int, int, str]] = {}

    def run(self, code: str) -> Any:
        """Run Python in Blender; the answer is what the code assigns to `answer`."""
        self._count += 1
        question = self._channel / f"{self._count}.py"
        reply = self._channel / f"{self._count}.json"
        question.with_suffix(".part").write_text(code, encoding="utf-8")
        question.with_suffix(".part").rename(question)
        self._until(reply.exists, PATIENCE, f"Blender did not answer: {code}")
        found = json.loads(reply.read_text(encoding="utf-8"))
        assert "error" not in found, found["error"]
        return found["answer"]

    def wait(self, expression: str) -> Any:
        """Ask again and again until the expression is true in Blender; returns its value."""
        box: list[Any] = [None]

        def is_true() -> bool:
            box[0] = self.run(f"answer = {expression}")
            return bool(box[0])

        self._until(is_true, PATIENCE, f"never came true: {expression}")
        return box[0]

    def find(self, command: str, *, top: float = 0.0, right: bool = False) -> tuple[int, int]:
        """Where the button that runs `command` is, as Blender itself says of the button under the mouse.

        Looks down the Properties editor; top: where to begin, as a part of its height; right: at its right edge. Looks
        first where the same button was the last time, which is much quicker.
        """
        wanted = (command, top, right)
        x, y, text = self._found.get(wanted, (0, 0, ""))
        if text:
            self.move(x, y)
            time.sleep(0.25)
            if self.run("answer = command_under_mouse()") == text:
                return x, y
        x, y = self._look_for(command, top, right)
        self._found[wanted] = (x, y, self.run("answer = command_under_mouse()"))
        return x, y

    def _look_for(self, command: str, top: float, right: bool) -> tuple[int, int]:
        left, upper, end, lower = self.run("answer = properties_place()")
        looks = [(pause, part) for pause in _PAUSES for part in ((0.9, 0.94) if right else (0.3, 0.72))]
        for pause, part in looks:
            x = left + part * (end - left)
            y = upper + top * (lower - upper) + 8
            while y < lower:
                self.move(int(x), int(y))
                time.sleep(pause)
                if self._is_over(command):
                    # Blender may not have taken in the last move yet and speak of the button before.
                    time.sleep(0.25)
                    if self._is_over(command):
                        return int(x), int(y)
                y += _STEP
        raise AssertionError(f"no button runs {command}")

    def _is_over(self, command: str) -> bool:
        return str(self.run("answer = command_under_mouse()")).startswith(command)

    def press(self, command: str, *, top: float = 0.0, right: bool = False) -> None:
        """Click the button that runs `command`."""
        self.click(*self.find(command, top=top, right=right))

    def move(self, x: int, y: int) -> None:
        # Two steps: Blender takes a button as hovered when the mouse moves over it.
        self._xdotool("mousemove", str(x - 1), str(y), "sleep", "0.02", "mousemove", str(x), str(y))

    def click(self, x: int, y: int, button: int = 1) -> None:
        self.move(x, y)
        self._xdotool("sleep", "0.2", "click", str(button))

    def scroll_down(self, x: int, y: int, steps: int = 40) -> None:
        """Turn the mouse's wheel."""
        self.move(x, y)
        self._xdotool("click", "--repeat", str(steps), "--delay", "15", "5")

    def scroll_up(self, x: int, y: int, steps: int = 40) -> None:
        """Turn the mouse's wheel the other way."""
        self.move(x, y)
        self._xdotool("click", "--repeat", str(steps), "--delay", "15", "4")

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        with self.dragging(start, end):
            pass

    @contextmanager
    def dragging(self, start: tuple[int, int], end: tuple[int, int]) -> Iterator[None]:
        """The mouse's button is down meanwhile, and half of the way done."""
        self.move(*start)
        self._xdotool("sleep", "0.3", "mousedown", "1", "sleep", "0.2")
        self._xdotool("mousemove", str((start[0] + end[0]) // 2), str(end[1]), "sleep", "0.3")
        try:
            yield
        finally:
            self._xdotool("mousemove", str(end[0]), str(end[1]), "sleep", "0.3", "mouseup", "1", "sleep", "0.3")

    def key(self, *keys: str) -> None:
        self._xdotool("key", "--delay", "60", *keys)

    def type(self, text: str) -> None:
        self._xdotool("type", "--delay", "40", text)

    def picture(self, path: Path, crop: str = "") -> Path:
        """Save what is on the screen; crop: WIDTHxHEIGHT+X+Y."""
        path.parent.mkdir(parents=True, exist_ok=True)
        cut = ["-crop", crop, "+repage"] if crop else []
        command = ["import", "-window", "root", *cut, str(path)]
        subprocess.run(command, check=True, env={**os.environ, "DISPLAY": self._display}, timeout=30)
        return path

    def properties_crop(self) -> str:
        """The crop of the Properties editor."""
        left, upper, right, lower = (int(number) for number in self.run("answer = properties_place()"))
        return f"{right - left}x{lower - upper}+{left}+{upper}"

    def _last_words(self) -> str:
        """The end of its log, which is all that is left of a Blender that crashed."""
        return (self._channel / "blender.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True, env={**os.environ, "DISPLAY": self._display}, timeout=30)

    def _until(self, is_done: Callable[[], bool], seconds: float, otherwise: str) -> None:
        end = time.monotonic() + seconds
        while not is_done():
            assert self.process.poll() is None, f"Blender ended with {self.process.returncode}: {self._last_words()}"
            assert time.monotonic() < end, otherwise
            time.sleep(0.01)


@contextmanager
def opened(
    command: Sequence[str], display: str, environment: Mapping[str, str], channel: Path, *arguments: str
) -> Iterator[Window]:
    """Start Blender with the driver in it; it is ended, and its output printed, whatever happens."""
    channel.mkdir(parents=True, exist_ok=True)
    geometry = ["--window-geometry", "0", "0", *(str(number) for number in SCREEN)]
    log = channel / "blender.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *geometry, "--offline-mode", *arguments, "--python", str(_DRIVER)],
            env={
                **environment,
                "DISPLAY": display,
                "LIBGL_ALWAYS_SOFTWARE": "1",
                "FARMHAND_TEST_CHANNEL": str(channel),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        window = Window(process, display, channel)
        try:
            window._until((channel / "ready").exists, PATIENCE, "Blender did not start")
            yield window
        finally:
            process.kill()
            process.wait()
            print(log.read_text(encoding="utf-8", errors="replace"))

"""A stand-in for Blender's executable around the `bpy` module: takes Blender's common arguments, in their order.

    python-with-bpy tools/bpy_as_blender.py -b scene.blend -o //frames/#### -s 1 -e 10 -a

Unlike Blender it cannot read saved preferences (bpy 4.2 crashes on them), so without --factory-startup it enables the
extensions that are installed in the user's repository, and nothing else. It knows no windows: -b is taken as said.
"""

import os
import runpy
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

USER_REPOSITORY = "user_default"


class Session:
    """One run of the stand-in: its options and the file that is open."""

    def __init__(self, arguments: list[str]) -> None:
        ours = arguments[: arguments.index("--")] if "--" in arguments else arguments
        self.rest: Iterator[str] = iter(ours)
        self.script_arguments = [__file__, *arguments]
        self.python_exit_code = 0
        self.autoexec = True
        self.commands: dict[str, Callable[[list[str]], int]] = {"extension": _extension_command}
        self.factory_startup = "--factory-startup" in ours

    def run(self) -> int:
        """Act on each argument in turn and return the exit code."""
        sys.argv = self.script_arguments
        self._record_commands()
        if not self.factory_startup:
            self._enable_extensions()
        for argument in self.rest:
            if argument in ("--command", "-c"):
                return self._run_command()
            code = self._take(argument)
            if code is not None:
                return code
        return 0

    def _take(self, argument: str) -> int | None:
        """Act on one argument; an exit code ends the run."""
        if argument in ("--version", "-v"):
            print(f"Blender {bpy.app.version_string}")
            return 0
        if argument in FLAGS:
            FLAGS[argument](self)
        elif argument in RENDER_OPTIONS:
            RENDER_OPTIONS[argument](next(self.rest))
        elif argument == "--python-exit-code":
            self.python_exit_code = int(next(self.rest))
        elif argument in ("--python", "-P"):
            path = next(self.rest)
            return self._run_python(lambda: runpy.run_path(path, run_name="__main__"))
        elif argument == "--python-expr":
            text = next(self.rest)
            return self._run_python(lambda: exec(text, {"__name__": "__main__", "bpy": bpy}))
        elif argument.startswith("-"):
            print(f"This stand-in for Blender does not know the argument {argument}.", file=sys.stderr)
            return 1
        else:
            self._open(Path(argument))
        return None

    def _open(self, file: Path) -> None:
        if not file.is_file():
            print(f"Error: Cannot read file {file}: No such file or directory", file=sys.stderr)
            return
        bpy.ops.wm.open_mainfile(filepath=str(file.absolute()), load_ui=False, use_scripts=self.autoexec)

    def _run_python(self, script: Callable[[], object]) -> int | None:
        """Run a script; its SystemExit ends the run, its exception only with --python-exit-code, as in Blender."""
        try:
            script()
        except SystemExit as end:
            return _exit_code(end)
        except BaseException:
            traceback.print_exc()
            return self.python_exit_code or None
        return None

    def _record_commands(self) -> None:
        """Blender offers no way to call a registered command from Python: keep each when it is registered."""
        register = bpy.utils.register_cli_command

        def record(name: str, execute: Callable[[list[str]], int]) -> object:
            self.commands[name] = execute
            return register(name, execute)

        bpy.utils.register_cli_command = record

    def _run_command(self) -> int:
        name = next(self.rest, "")
        if name not in self.commands:
            print(f"Unrecognized command: {name!r}. Known: {', '.join(sorted(self.commands))}", file=sys.stderr)
            return 1
        try:
            return self.commands[name](list(self.rest)) or 0
        except SystemExit as end:
            return _exit_code(end)

    @staticmethod
    def _enable_extensions() -> None:
        import addon_utils

        for manifest in sorted(Path(bpy.utils.user_resource("EXTENSIONS"), USER_REPOSITORY).glob("*/*_manifest.toml")):
            module = f"bl_ext.{USER_REPOSITORY}.{manifest.parent.name}"
            if addon_utils.check(module) != (True, True):
                addon_utils.enable(module, default_set=True)

    def forbid_scripts(self) -> None:
        """--disable-autoexec"""
        self.autoexec = False
        bpy.context.preferences.filepaths.use_scripts_auto_execute = False

    def go_online(self, allowed: bool) -> None:
        """--online-mode and --offline-mode"""
        bpy.context.preferences.system.use_online_access = allowed

    def render_animation(self) -> None:
        """-a"""
        bpy.ops.render.render(animation=True)

    def ignore(self) -> None:
        """Arguments that say what a bpy module is already."""


def render_frames(text: str) -> None:
    """-f: frames such as 3, 1,4 or 1..5, written under their frame numbers; +N and -N count from start and end."""
    scene = bpy.context.scene
    start, end = scene.frame_start, scene.frame_end

    def number(word: str) -> int:
        if word[0] == "+":
            return start + int(word)
        return end + 1 + int(word) if word[0] == "-" else int(word)

    for part in text.split(","):
        first, _, last = part.partition("..")
        scene.frame_start, scene.frame_end = number(first), number(last or first)
        bpy.ops.render.render(animation=True)
    scene.frame_start, scene.frame_end = start, end


def set_engine(name: str) -> None:
    """-E"""
    bpy.context.scene.render.engine = name


def set_output(path: str) -> None:
    """-o"""
    bpy.context.scene.render.filepath = path


def set_format(name: str) -> None:
    """-F"""
    settings = bpy.context.scene.render.image_settings
    if hasattr(settings, "media_type"):  # 5.0: the kind of output comes before its format
        settings.media_type = "IMAGE"
    settings.file_format = name


def set_start(frame: str) -> None:
    """-s"""
    bpy.context.scene.frame_start = int(frame)


def set_end(frame: str) -> None:
    """-e"""
    bpy.context.scene.frame_end = int(frame)


def set_step(frames: str) -> None:
    """-j"""
    bpy.context.scene.frame_step = int(frames)


def set_threads(count: str) -> None:
    """-t"""
    render = bpy.context.scene.render
    render.threads_mode = "FIXED" if int(count) else "AUTO"
    render.threads = max(1, int(count))


def set_scene(name: str) -> None:
    """-S"""
    bpy.context.window.scene = bpy.data.scenes[name]


FLAGS: dict[str, Callable[[Session], None]] = {
    "-b": Session.ignore,
    "--background": Session.ignore,
    "--factory-startup": Session.ignore,
    "-noaudio": Session.ignore,
    "-Y": Session.forbid_scripts,
    "--disable-autoexec": Session.forbid_scripts,
    "--offline-mode": lambda session: session.go_online(False),
    "--online-mode": lambda session: session.go_online(True),
    "-a": Session.render_animation,
    "--render-anim": Session.render_animation,
}
RENDER_OPTIONS: dict[str, Callable[[str], None]] = {
    "-f": render_frames,
    "--render-frame": render_frames,
    "-E": set_engine,
    "--engine": set_engine,
    "-o": set_output,
    "--render-output": set_output,
    "-F": set_format,
    "--render-format": set_format,
    "-s": set_start,
    "--frame-start": set_start,
    "-e": set_end,
    "--frame-end": set_end,
    "-j": set_step,
    "--frame-jump": set_step,
    "-t": set_threads,
    "--threads": set_threads,
    "-S": set_scene,
    "--scene": set_scene,
}


def _extension_command(arguments: list[str]) -> int:
    """Blender's own command, registered before this file could record it."""
    from bl_pkg.bl_extension_cli import cli_extension_handler

    return int(cli_extension_handler(arguments))


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1


if __name__ == "__main__":
    exit_code = Session(sys.argv[1:]).run()
    sys.stdout.flush()
    sys.stderr.flush()
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    # Classes and timers that are still registered make 4.2 crash and 4.5 hang in a regular exit.
    os._exit(exit_code)

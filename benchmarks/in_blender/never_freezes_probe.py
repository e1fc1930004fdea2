"""Runs inside the Blender of never_freezes.py: times what of Farmhand runs on its main thread. No part of Farmhand.

Puts itself around the timer, the modal operator, and all that draws, before Blender's first turn; opens the panels.
"""

import json
import os
import time
from importlib import import_module
from pathlib import Path
from types import FunctionType

import bpy

MODULE = "bl_ext.user_default.farmhand"
REDRAW_SECONDS = 0.2
DRAWS = ("draw", "draw_header", "draw_header_preset")
samples = []


def timed(kind, call):
    """The same function, which also notes when it began, how long it took, and the processor time in it."""

    def measured(*arguments):
        began, worked = time.perf_counter(), time.thread_time()
        try:
            return call(*arguments)
        finally:
            samples.append((kind, began, time.perf_counter() - began, time.thread_time() - worked))

    # Blender counts a function's arguments, and passes that many.
    names = ", ".join(call.__code__.co_varnames[: call.__code__.co_argcount])
    return eval(f"lambda {names}: measured({names})", {"measured": measured})


def of_ours(name):
    return import_module(f"{MODULE}.{name}")


def put_around_timer():
    watch = of_ours("operators.watch")
    bpy.app.timers.unregister(watch.tick)
    watch.tick = timed("timer", watch.tick)
    bpy.app.timers.register(watch.tick, first_interval=0.5, persistent=True)
    watch.FARMHAND_OT_watch.modal = timed("watch", watch.FARMHAND_OT_watch.modal)


def put_around_drawing():
    """Panels are registered again, open; a list's lines are drawn within the panel that holds it."""
    classes = [cls for cls in of_ours("registration")._CLASSES if issubclass(cls, bpy.types.Panel)]
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
    for cls in classes:
        cls.bl_options = set(getattr(cls, "bl_options", ())) - {"DEFAULT_CLOSED"}
        for name in DRAWS:
            if isinstance(getattr(cls, name, None), FunctionType):
                setattr(cls, name, timed("draw", getattr(cls, name)))
        bpy.utils.register_class(cls)
    menus = of_ours("panels.menus")
    bpy.types.STATUSBAR_HT_header.remove(menus.draw_status)
    menus.draw_status = timed("draw", menus.draw_status)
    bpy.types.STATUSBAR_HT_header.append(menus.draw_status)


def redraw():
    """Artists move the mouse: more draws than news alone would bring."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PROPERTIES":
                area.tag_redraw()
    return REDRAW_SECONDS


def save():
    """Called by the benchmark at the end."""
    Path(os.environ["FARMHAND_SAMPLES"]).write_text(json.dumps(samples))


bpy.app.driver_namespace["save_samples"] = save
put_around_timer()
put_around_drawing()
bpy.app.timers.register(redraw, first_interval=2.0, persistent=True)

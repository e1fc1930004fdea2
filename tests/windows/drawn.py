"""Runs inside the Blender of a window test: what Farmhand's panels say, in the language of the interface.

A panel's draw gets a layout that takes down every text in place of drawing it.
"""

from types import SimpleNamespace

import bpy

PACKAGE = "bl_ext.user_default.farmhand"


class _Layout:
    """Takes every call that a layout takes and remembers the text."""

    def __init__(self, said):
        self.said = said
        self.icons = 0

    def __getattr__(self, name):
        return lambda *arguments, **options: self._take(name, arguments, options)

    def _take(self, name, arguments, options):
        if name == "operator":
            module, _, function = arguments[0].partition(".")
            known = getattr(getattr(bpy.ops, module), function).get_rna_type()
            self._add(options.get("text", known.name), known.translation_context)
        elif name in ("prop", "prop_search"):
            known = arguments[0].bl_rna.properties[arguments[1]]
            self._add(options.get("text", known.name), known.translation_context)
        elif name == "menu":
            self._add(options.get("text", getattr(bpy.types, arguments[0]).bl_label), "*")
        else:
            self._add(options.get("text", "") or options.get("heading", ""), "*", options.get("translate", True))
        self.icons += name == "label" and options.get("icon", "NONE") != "NONE"
        return self

    def _add(self, text, context, is_translated=True):
        shown = bpy.app.translations.pgettext_iface(text, context) if is_translated else text
        self.said.append((text, shown))


def every_panel():
    """The class of each panel of Farmhand."""
    from importlib import import_module

    return tuple(_panels(import_module(f"{PACKAGE}.panels.main").FarmhandPanel))


def _panels(cls):
    for one in cls.__subclasses__():
        yield from _panels(one)
        if one.__name__.startswith("FARMHAND_PT_"):
            yield one


def stand_in(cls, said):
    """A panel of this class, which Blender alone can make, with a layout that takes down what it is told."""
    names = [name for name in dir(cls) if not name.startswith("_") and name not in ("layout", "bl_rna", "rna_type")]
    values = {name: getattr(cls, name) for name in names}
    panel = SimpleNamespace(**{name: value for name, value in values.items() if not callable(value)})
    panel.layout = _Layout(said)
    panel.state = lambda context: cls.state(panel, context)
    return panel


def drawn():
    """English (or what was put together from translated parts) and what is shown, of all panels."""
    said = []
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "PROPERTIES")
    region = next(one for one in area.regions if one.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        for cls in every_panel():
            panel = stand_in(cls, said)
            if hasattr(cls, "draw_header"):
                cls.draw_header(panel, bpy.context)
            cls.draw(panel, bpy.context)
    return [pair for pair in said if pair[1]]


def headers():
    """The texts in the header of each sub-panel that is drawn now, and how many icons."""
    found = []
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "PROPERTIES")
    region = next(one for one in area.regions if one.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        for cls in every_panel():
            if hasattr(cls, "draw_header") and cls.is_registered and getattr(cls, "poll", lambda _: True)(bpy.context):
                said = []
                panel = stand_in(cls, said)
                cls.draw_header(panel, bpy.context)
                found.append(([shown for _, shown in said if shown], panel.layout.icons))
    return found


def differing():
    """Texts of ours that Blender's own catalog answers in another way: context, text, ours, what is shown."""
    from importlib import import_module

    ours = import_module(f"{PACKAGE}.translations").texts()[bpy.context.preferences.view.language]
    look = bpy.app.translations.pgettext_iface
    return [
        (context, text, said, look(text, context))
        for (context, text), said in ours.items()
        if look(text, context) != said
    ]

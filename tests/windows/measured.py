"""Runs inside the Blender of a window test: which buttons and labels have less room than they need.

A panel's draw gets a layout that divides its width as Blender does: on a row, icons alone and parts with an alignment
take what they need, and the others share the rest evenly, however long their texts are.
"""

import blf
import bpy

UNIT = 20
"""A button's height, in pixels at UI scale 1, as all below: the width of an icon alone."""
WHOLE = 10 * UNIT
"""What Blender takes a button or label with a text to need, before it divides a row."""
GAP = 8
"""Between the parts of a row that is not aligned."""
PANEL = 33
"""What a panel's edges take of the region; BOX: and a box's."""
BOX = 10
HEADER = 52
"""What a header has at the left of its title and at its right; ASKED: what a label in it asks for beside its letters;
LEAST: what it needs."""
ASKED, LEAST = 25, 0
AROUND = {"operator": 6, "label": 0, "menu": 14, "check box": 24}
"""What each kind needs beside its letters and its icon."""


class _Part:
    """A layout, or a button or label in it. need: for its whole text, 0 where nothing is cut."""

    def __init__(self, kind, parent=None, **options):
        self.kind, self.parent, self.options = kind, parent, options
        self.parts, self.text, self.need, self.natural = [], "", 0, WHOLE
        self.alignment, self.ui_units_x = "EXPAND", 0

    def __getattr__(self, name):
        return lambda *arguments, **options: self._take(name, arguments, options)

    def _take(self, name, arguments, options):
        part = _Part(name, self, **options)
        if name in ("context_string_set", "separator_spacer"):
            return part
        if name == "split":
            part.options.setdefault("factor", 0.5)
        elif name == "separator":
            part.natural = 0.3 * UNIT
        elif name not in ("row", "column", "box"):
            part.measure(arguments, options)
        self.parts.append(part)
        return part

    def measure(self, arguments, options):
        name, look, kind = self.kind, bpy.app.translations.pgettext_iface, self.kind
        context = "*"
        if name == "operator":
            module, _, function = arguments[0].partition(".")
            known = getattr(getattr(bpy.ops, module), function).get_rna_type()
            text, context = options.get("text", known.name), known.translation_context
        elif name == "prop":
            known = arguments[0].bl_rna.properties[arguments[1]]
            text = options.get("text", known.name)
            kind = "check box" if known.type == "BOOLEAN" and not options.get("toggle") else "operator"
            if known.type != "BOOLEAN" and not options.get("icon_only"):
                return  # a field: what it holds is the user's
        elif name == "menu":
            text = options.get("text", getattr(bpy.types, arguments[0]).bl_label)
        elif name == "label":
            text = options.get("text", "")
        else:
            return
        has_icon = options.get("icon", "NONE") != "NONE" or options.get("icon_value", 0)
        if not text or options.get("icon_only"):
            self.natural = UNIT if name != "prop" or kind == "check box" else 1.5 * UNIT
            return
        self.text = look(text, context) if options.get("translate", True) else text
        self.need = width(self.text) + AROUND[kind] + (UNIT if has_icon else 0)

    def wanted(self):
        """The width that it asks its row for."""
        if self.ui_units_x:
            return self.ui_units_x * UNIT
        if not self.parts:
            is_sized = self.parent.alignment != "EXPAND" and self.need
            return self.need + UNIT if is_sized else 0 if self.kind in ("row", "column", "box") else self.natural
        each = [part.wanted() for part in self.parts]
        return sum(each) if self.kind in ("row", "split") else max(each)

    def is_fixed(self):
        if self.parts:
            return bool(self.ui_units_x) or self.alignment != "EXPAND" or all(part.is_fixed() for part in self.parts)
        return not self.need and self.natural < WHOLE

    def give(self, width, found):
        """Divide the width; add what has less than it needs: text, needed, given."""
        if self.need > width:
            found.append((self.text, round(self.need), round(width)))
        if not self.parts:
            return
        if self.kind == "split":
            factor = self.options["factor"]
            rest = (1 - factor) * width / max(1, len(self.parts) - 1)
            for number, part in enumerate(self.parts):
                part.give(rest if number else factor * width, found)
        elif self.kind == "row":
            self._give_row(width, found)
        else:
            for part in self.parts:
                part.give(width - (BOX if self.kind == "box" else 0), found)

    def _give_row(self, width, found):
        wants = [part.wanted() for part in self.parts]
        gaps = 0 if self.options.get("align") else GAP * (sum(map(bool, wants)) - 1)
        fixed = sum(want for part, want in zip(self.parts, wants, strict=True) if part.is_fixed())
        shared = sum(wants) - fixed
        for part, want in zip(self.parts, wants, strict=True):
            if part.is_fixed() or not shared:
                part.give(min(want, width), found)
            else:
                part.give((width - gaps - fixed) * want / shared, found)


def cut_titles(headers):
    """Text, needed and given width of what the headers of sub-panels cut.

    Blender gives each label what it asks for, in proportion where there is less.

    headers: the texts of each, and how many icons.
    """
    area = next(area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "PROPERTIES")
    region = next(one for one in area.regions if one.type == "WINDOW")
    room, found = region.width / bpy.context.preferences.system.ui_scale - HEADER, []
    for texts, icons in headers:
        asked = [width(text) + ASKED for text in texts]
        left = room - icons * (UNIT + LEAST)
        given = [min(one, left * one / sum(asked)) if len(texts) > 1 else left for one in asked]
        both = zip(texts, given, strict=True)
        found += [(text, round(width(text)), round(one)) for text, one in both if width(text) + LEAST > one]
    return found


def width(text):
    """Of a text in the font of labels."""
    scale = bpy.context.preferences.system.ui_scale
    blf.size(0, bpy.context.preferences.ui_styles[0].widget.points * scale)
    return blf.dimensions(0, text)[0] / scale


def cut(panels, stand_in, names):
    """Panel, text, needed and given width of what these panels cut now, but for names.

    stand_in: of drawn.py.
    """
    found = []
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "PROPERTIES")
    region = next(one for one in area.regions if one.type == "WINDOW")
    room = region.width / bpy.context.preferences.system.ui_scale - PANEL
    with bpy.context.temp_override(window=window, area=area, region=region):
        for cls in panels:
            panel, less = stand_in(cls, []), []
            panel.layout = _Part("column")
            cls.draw(panel, bpy.context)
            panel.layout.give(room, less)
            found += [(cls.__name__, *one) for one in less if one[0] not in names]
    return found

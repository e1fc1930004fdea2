"""A strip's position in time, by the property names of 5.2, where the older names give warnings.

content_start, content_duration     all of the strip's content, in frames of the timeline
left_handle, right_handle, duration what it shows of that; the right handle is the frame after the last one
left_handle_offset, …               how far each handle is from its end of the content; below 0, the end is held
content_trim_start, …_end           pictures of the file that were cut off at the start and at the end
"""

from __future__ import annotations

from typing import Any

_BEFORE_5_2 = {
    "content_start": "frame_start",
    "content_duration": "frame_duration",
    "left_handle": "frame_final_start",
    "right_handle": "frame_final_end",
    "duration": "frame_final_duration",
    "left_handle_offset": "frame_offset_start",
    "right_handle_offset": "frame_offset_end",
    "content_trim_start": "animation_offset_start",
    "content_trim_end": "animation_offset_end",
}


def get(strip: Any, name: str) -> float:
    """The value, in frames."""
    value: float = getattr(strip, known_name(strip, name))
    return value


def put(strip: Any, name: str, value: float) -> None:
    """Set a strip's time.

    Args:
        strip: Blender's.
        name: as in the newest Blender; an older one's own name is found.
        value: in frames.
    """
    setattr(strip, known_name(strip, name), value)


def known_name(strip: Any, name: str) -> str:
    """What this Blender calls the property."""
    return name if hasattr(strip, name) else _BEFORE_5_2[name]

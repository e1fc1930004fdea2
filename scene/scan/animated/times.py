"""At which times Blender evaluates a scene to render its frames: Time Stretching, motion blur and the vector pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import floor
from typing import Any

from .animation import Animation

_STEPS = 8
"""Samples in a frame while the shutter is open; what is read in between is read at one of these too."""

_SHUTTER = {"START": (0.0, 1.0), "CENTER": (-0.5, 0.5), "END": (-1.0, 0.0)}


@dataclass(frozen=True, slots=True)
class Times:
    """For some frames of a scene.

    frames: of the timeline, which the sequencer, the compositor and the textures of Cycles use.
    centers: for each frame, the time of its animation. moments: these and the times of motion blur, ascending.
    """

    frames: tuple[int, ...]
    centers: tuple[float, ...]
    moments: tuple[float, ...]

    @property
    def numbers(self) -> list[int]:
        """The moments as integers, by which caches count their files; below zero, rounded both ways."""
        return sorted({way(moment) for moment in self.moments for way in (int, floor)})


def find_times(scenes: Iterable[Any], frames: Iterable[int], animation: Animation) -> Times:
    """The combined times of the scenes: of each frame, and those in between for motion blur.

    Args:
        scenes: the first one has the timeline.
        frames: the numbers to render.
        animation: knows how the shutter and the time remapping are animated.

    Raises:
        Unknown: these cannot be computed.
    """
    numbers = tuple(sorted(set(frames)))
    centers: tuple[float, ...] = ()
    moments = set[float]()
    for scene in scenes:
        stretch = _stretch(scene)
        own = centers_of(scene, numbers)
        centers = centers or own
        moments.update(own)
        for frame, time in zip(numbers, own, strict=True):
            opens, closes = _open(scene, animation, time)
            if opens < closes:
                moments.update(each * stretch for each in _between(frame + opens, frame + closes))
    return Times(numbers, centers, tuple(sorted(moments)))


def centers_of(scene: Any, frames: Iterable[int]) -> tuple[float, ...]:
    """The time of each frame in the animation, which Time Stretching makes run faster or slower."""
    return tuple(frame * _stretch(scene) for frame in frames)


def _stretch(scene: Any) -> float:
    return float(scene.render.frame_map_old / scene.render.frame_map_new)


def _open(scene: Any, animation: Animation, time: float) -> tuple[float, float]:
    """The interval that a picture shows, in frames of the timeline relative to its own."""
    render = scene.render
    if render.use_motion_blur:
        shutter = animation.at(render, "motion_blur_shutter", time)
        positions = [name for name in _SHUTTER if animation.may_be(render, "motion_blur_position", name)]
        spans = [_SHUTTER[name] for name in positions]
        return shutter * min(span[0] for span in spans), shutter * max(span[1] for span in spans)
    # The vector pass contains the motion from the previous frame and to the next one.
    return (-1.0, 1.0) if any(animation.is_on(layer, "use_pass_vector") for layer in scene.view_layers) else (0.0, 0.0)


def _between(first: float, last: float) -> Iterator[float]:
    yield first
    yield from (step / _STEPS for step in range(floor(first * _STEPS) + 1, floor(last * _STEPS) + 1))
    yield last

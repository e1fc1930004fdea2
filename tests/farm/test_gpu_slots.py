"""Slots per GPU, as far as a machine without one can tell: who gets which, and what Cycles is told."""

import importlib
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from farmhand.farm.errors import CannotStart
from farmhand.farm.render.gpu_turns import GpuTurns, gpu_count


def test_no_two_frames_have_the_same_gpu_at_a_time_and_a_blender_keeps_its_own() -> None:
    turns = GpuTurns()
    with turns.turn(None) as first, turns.turn(None) as second:
        assert (first, second) == (0, 1)
        with turns.turn(1) as third:
            assert third == 2, "the GPU that this Blender had is at work"
    with turns.turn(second) as again:
        assert again == second
        with turns.turn(None) as other:
            assert other == 0


@pytest.mark.parametrize(("number", "used"), [(0, 0), (1, 1), (5, 1)])
def test_cycles_is_given_one_gpu_alone(monkeypatch: pytest.MonkeyPatch, number: int, used: int) -> None:
    gpus = [SimpleNamespace(type="OPTIX", use=True) for _ in range(2)]
    cpu = SimpleNamespace(type="CPU", use=False)
    scene = _scene(monkeypatch, [*gpus, cpu], device="GPU")
    _devices(monkeypatch).use_only(scene, number)
    assert [each.use for each in gpus] == [used == 0, used == 1] and not cpu.use


def test_a_scene_that_renders_on_the_cpu_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = SimpleNamespace(type="OPTIX", use=True)
    scene = _scene(monkeypatch, [gpu], device="CPU")
    _devices(monkeypatch).use_only(scene, 1)
    assert gpu.use


def test_a_node_has_as_many_slots_as_gpus_of_its_quickest_kind_and_none_without() -> None:
    assert gpu_count(["OPTIX: A", "OPTIX: B", "CUDA: A", "CUDA: B"]) == 2
    with pytest.raises(CannotStart, match="no GPU"):
        gpu_count([])


def _scene(monkeypatch: pytest.MonkeyPatch, devices: list[Any], device: str) -> Any:
    preferences = SimpleNamespace(compute_device_type="OPTIX", get_devices_for_type=lambda kind: devices)
    add_on = SimpleNamespace(preferences=preferences)
    bpy = SimpleNamespace(context=SimpleNamespace(preferences=SimpleNamespace(addons={"cycles": add_on})))
    monkeypatch.setitem(sys.modules, "bpy", bpy)
    return SimpleNamespace(render=SimpleNamespace(engine="CYCLES"), cycles=SimpleNamespace(device=device))


def _devices(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The worker's part with this Blender in place of a real one, forgotten after the test."""
    name = "farmhand.farm.worker.devices"
    monkeypatch.setitem(sys.modules, name, None)
    del sys.modules[name]
    return importlib.import_module(name)

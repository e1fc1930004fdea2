"""The installed zip in a real Blender: what enabling it does to that Blender."""

import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

BUNDLED = ("httpx", "httpcore", "anyio", "pydantic", "pydantic_core", "fastapi", "starlette", "uvicorn")
BUNDLED += ("urllib3", "socks", "socksio")


def test_enabling_loads_none_of_the_bundled_libraries(installed_extension: ModuleType) -> None:
    # A distribution's Blender loads requests for its extension manager, and requests loads these before we are enabled.
    of_requests = {"urllib3", "socks"} if "requests" in sys.modules else set[str]()
    assert not [name for name in BUNDLED if name in sys.modules and name not in of_requests]


def test_every_bundled_wheel_is_installed_for_this_python(installed_extension: ModuleType) -> None:
    wheels = (Path(installed_extension.__file__).parent / "wheels").glob("*.whl")
    named = {tuple(wheel.name.split("-")[:2]) for wheel in wheels}
    assert {(name, metadata.version(name)) for name, _ in named} == named


def test_blender_has_no_warning_about_the_extension(installed_extension: ModuleType) -> None:
    import addon_utils

    assert not addon_utils._extensions_warnings_get()

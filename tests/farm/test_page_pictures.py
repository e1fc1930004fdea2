"""The farm's web page with real frames, on a desktop, in the dark and on a phone: pictures of the guide too."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_farm import RunningFarm
from selenium import webdriver
from test_web_browser import browser as browser
from test_web_browser import faults, sign_in, text
from waiting import wait_until

from cache import ROOT

pytestmark = [pytest.mark.soak, pytest.mark.timeout(420)]
PICTURES = "FARMHAND_PICTURES"
DESKTOP = {"width": 1100, "height": 617, "deviceScaleFactor": 1, "mobile": False}
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
ALL_LOADED = "return [...document.images].length > 0 && [...document.images].every(one => one.naturalWidth > 0)"
WIDTH = "return document.documentElement.scrollWidth"
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"


@pytest.fixture
def farm(tmp_path: Path, blender_command: list[str]) -> Iterator[RunningFarm]:
    farm = RunningFarm(tmp_path / "farm", blender_command, "--workers", "1")
    yield farm
    farm.stop()


def submit(farm: RunningFarm, blender: list[str], folder: Path, frames: str, samples: int) -> subprocess.Popen[bytes]:
    """Send the example to the farm, as a user of the command line does."""
    settings = (f"sampleCount={samples}", "resolutionPercentage=15")
    return subprocess.Popen(
        [
            *(str(Path(sys.executable).with_name("farmhand")), "submit", str(ROOT / "examples" / "windmill.blend")),
            *("--frames", frames, "--output", str(folder / "frames"), "--ask", "never", "--wait"),
            *(word for one in settings for word in ("--set", one)),
        ],
        env={
            **os.environ,
            "FARMHAND_SERVER": farm.url,
            "FARMHAND_API_KEY": farm.token,
            "FARMHAND_HOME": str(folder / "home"),
            "BLENDER": shlex.join(blender),
        },
        stdout=subprocess.DEVNULL,
    )


def size(browser: webdriver.Chrome, screen: dict[str, object], scheme: str = "light") -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def picture(browser: webdriver.Chrome, tmp_path: Path, name: str) -> None:
    wait_until(lambda: bool(browser.execute_script(ALL_LOADED)), "all pictures have loaded")
    browser.save_screenshot(str(Path(os.environ.get(PICTURES) or tmp_path) / f"{name}.png"))


def test_the_page_shows_real_frames_at_every_width(
    farm: RunningFarm, browser: webdriver.Chrome, blender_command: list[str], tmp_path: Path
) -> None:
    assert submit(farm, blender_command, tmp_path, "1-12", 4).wait(200) == 0
    size(browser, DESKTOP)
    sign_in(browser, farm)
    (job,) = farm.api.get("/jobs").json()["jobs"]
    browser.get(f"{farm.url}/web/jobs/{job['id']}")
    picture(browser, tmp_path, "farm-page-job")
    assert browser.execute_script("return document.images.length") >= 12
    more = submit(farm, blender_command, tmp_path, "13-24", 64)
    try:
        browser.get(farm.url)
        wait_until(lambda: "left" in text(browser), "the second job tells when it will be done")
        picture(browser, tmp_path, "farm-page")
        light = browser.execute_script(BACKGROUND)
        size(browser, DESKTOP, "dark")
        assert browser.execute_script(BACKGROUND) != light
        picture(browser, tmp_path, "farm-page-dark")
        size(browser, PHONE)
        time.sleep(0.5)
        picture(browser, tmp_path, "farm-page-phone")
        assert browser.execute_script(WIDTH) == PHONE["width"]
    finally:
        more.terminate()
        more.wait()
    assert faults(browser) == []

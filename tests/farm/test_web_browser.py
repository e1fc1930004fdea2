"""The farm's web page in a real Chromium: by keyboard, while a job goes on, on a phone, and without its farm."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from quick_engine import QuickFarm, package
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from waiting import wait_until

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")), reason="Chromium and its driver are not here"
    ),
]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--window-size=1280,900",
        f"--user-data-dir={tmp_path / 'home'}",
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(
        options, webdriver.ChromeService(str(shutil.which("chromedriver")), log_output=os.devnull)
    )
    yield driver
    driver.quit()


def sign_in(browser: webdriver.Chrome, farm: QuickFarm) -> None:
    browser.get(farm.url)
    browser.switch_to.active_element.send_keys(farm.token, Keys.ENTER)
    wait_until(lambda: "Sign Out" in text(browser), "the jobs are shown")


def text(browser: webdriver.Chrome) -> str:
    return str(browser.execute_script("return document.body.innerText"))


def done(browser: webdriver.Chrome) -> int:
    """How far the first bar is. In one call: elements are replaced while the page lives."""
    return int(browser.execute_script("return document.querySelector('progress').value"))


def faults(browser: webdriver.Chrome) -> list[str]:
    """What the browser complained about: scripts that broke, what the policy refused."""
    return [each["message"] for each in browser.get_log("browser") if each["level"] in ("SEVERE", "WARNING")]


def start(farm: QuickFarm, folder: Path, frames: str, seconds: float) -> str:
    file = folder / "scene.blend"
    file.write_bytes(package(1, seconds=seconds))
    return farm.start_render(file, frameRanges=[frames])


def test_a_job_comes_and_grows_and_is_canceled_by_keyboard_without_a_reload(
    browser: webdriver.Chrome, quick_farm: QuickFarm, tmp_path: Path
) -> None:
    sign_in(browser, quick_farm)
    assert "No jobs yet" in text(browser)
    browser.execute_script("window.isTheSamePage = true")
    job_id = start(quick_farm, tmp_path, "1-400", 0.3)
    wait_until(lambda: "of 400" in text(browser), "the new job is shown")
    button = f"cancel-{job_id}"
    browser.execute_script("document.getElementById(arguments[0]).focus()", button)
    before = done(browser)
    wait_until(lambda: done(browser) != before, "more frames")
    assert browser.switch_to.active_element.get_attribute("id") == button
    assert browser.execute_script("return window.isTheSamePage")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    question = browser.switch_to.alert
    assert "Finished frames stay" in question.text
    question.accept()
    wait_until(lambda: "Canceled" in text(browser), "the job is canceled")
    assert quick_farm.job(job_id)["status"] == "canceled"
    assert faults(browser) == []


def test_a_finished_job_shows_its_frames_and_all_of_them_load(
    browser: webdriver.Chrome, quick_farm: QuickFarm, tmp_path: Path
) -> None:
    job_id = start(quick_farm, tmp_path, "1-5", 0.0)
    quick_farm.wait_for(job_id, "completed")
    sign_in(browser, quick_farm)
    browser.execute_script("document.querySelector('td.name a').click()")
    wait_until(lambda: "5 of 5 frames" in text(browser), "the job is shown")
    loaded = "return [...document.images].filter(one => one.complete && one.naturalWidth).length"
    wait_until(lambda: browser.execute_script(loaded) == 5, "all pictures are there")
    assert faults(browser) == []


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_wider_than_a_phone(
    browser: webdriver.Chrome, quick_farm: QuickFarm, tmp_path: Path, width: int
) -> None:
    job_id = start(quick_farm, tmp_path, "1-5", 0.0)
    screen = {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    sign_in(browser, quick_farm)
    quick_farm.wait_for(job_id, "completed")
    for path in ("/", f"/web/jobs/{job_id}", f"/web/jobs/{job_id}/log"):
        browser.get(quick_farm.url + path)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_farm_that_goes_away_is_said(browser: webdriver.Chrome, start_quick_farm: Callable[..., QuickFarm]) -> None:
    farm = start_quick_farm()
    sign_in(browser, farm)
    assert not browser.find_element(By.ID, "offline").is_displayed()
    farm.stop()
    wait_until(lambda: browser.find_element(By.ID, "offline").is_displayed(), "the page says so")

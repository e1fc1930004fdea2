"""A courier that is asked to end does so, at whatever moment and however often it is asked."""

import random
import time
from pathlib import Path

from courier_process import CourierProcess
from waiting import PATIENCE

from farmhand.jobs.user_folder import UserFolder

COURIERS = 12


def test_a_courier_that_is_asked_again_and_again_ends(tmp_path: Path) -> None:
    moments = random.Random(1)
    couriers = []
    for number in range(COURIERS):
        courier = CourierProcess(UserFolder(tmp_path / str(number)), "http://127.0.0.1:9/api/external/v1", "a key")
        couriers.append(courier)
        time.sleep(moments.uniform(0.0, 0.25))
        for _ in range(8):
            courier.ask_to_leave()
            time.sleep(moments.choice([0.0, 0.0002, 0.002]))
    try:
        assert all(courier.wait(PATIENCE) for courier in couriers)
    finally:
        for courier in couriers:
            courier.kill()

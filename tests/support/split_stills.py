"""What came of a frame, whole or split, and how two pictures differ."""

import io

import numpy
from PIL import Image
from running_farm import RunningFarm


def everything(farm: RunningFarm, job_id: str) -> dict[str, bytes]:
    """Frames and files of File Output nodes, by their relative paths."""
    found = farm.downloads(job_id)
    listed = [*found["frameOutputs"], *found["compositeNodeOutputs"]]
    return {each["relativePath"]: farm.fetch(each["url"]) for each in listed}


def difference(first: bytes, second: bytes) -> int:
    """The largest of any channel of any pixel."""
    pixels = [numpy.asarray(Image.open(io.BytesIO(each))).astype(int) for each in (first, second)]
    return int(numpy.abs(pixels[0] - pixels[1]).max())


def said(farm: RunningFarm, words: str) -> bool:
    """Whether the farm's log has these words."""
    return words in (farm.data / "logs" / "farm.log").read_text(encoding="utf-8")

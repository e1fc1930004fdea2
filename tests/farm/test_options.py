"""What `farmhand farm` is told reaches the farm's own command as it was meant."""

import argparse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmhand.farm.options import add_options, as_words

NUMBERS = st.integers(0, 10**6)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "--host": st.sampled_from(["127.0.0.1", "0.0.0.0", "::1", "farm.local"]),
    "--port": st.integers(0, 65535),
    "--workers": st.integers(1, 64),
    "--frame-limit": st.floats(0.1, 1000),
    "--cert": st.just("my cert.pem"),
    "--key": st.just("my key.pem"),
    "--public-url": st.just("https://farm.example/render"),
    "--objects": st.just("s3://bucket/prefix"),
    "--keep-days": NUMBERS,
    "--keep-gib": st.floats(0, 1e6),
    "--keep-free-gib": st.floats(0, 1e6),
    "--videos": st.sampled_from(["always", "on-request", "never"]),
    "--webhook-url": st.just("https://hooks.example/farm"),
    "--webhook-on-fail": st.none(),
    "--confine": st.sampled_from(["auto", "required", "off", "bubblewrap", "landlock"]),
    "--own-files": st.none(),
    "--run-confined": st.just("my script.py"),
    "--allow-add-ons": st.none(),
    "--backend": st.sampled_from(["local", "dask"]),
    "--own-node": st.none(),
    "--node-port": st.integers(0, 65535),
    "--scheduler": st.just("tls://head:8786"),
    "--scheduler-ca": st.just("my ca.pem"),
    "--scheduler-cert": st.just("my cert.pem"),
    "--scheduler-key": st.just("my key.pem"),
    "--blender-versions": st.sampled_from(["same", "newer", "any"]),
}


def read(words: list[str], port: int = 0) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser, port)
    return parser.parse_args(words)


def test_every_option_is_tried_here() -> None:
    assert {option.option_strings[0] for option in add_options(argparse.ArgumentParser())} == set(VALUES)


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_the_farm_reads_what_was_typed(typed: dict[str, Any]) -> None:
    words = [word for name, value in typed.items() for word in ([name] if value is None else [name, str(value)])]
    arguments = read(words, port=7420)
    assert read(as_words(arguments)) == arguments


@pytest.mark.parametrize(
    "words",
    [["--workers", "0"], ["--keep-days", "-1"], ["--keep-gib", "nan"], ["--videos", "x"], ["--confine", "x"]],
    ids=lambda words: words[0],
)
def test_what_makes_no_sense_is_refused_before_a_farm_starts(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        read(words)

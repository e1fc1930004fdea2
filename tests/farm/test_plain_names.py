"""The worker writes no name that the farm refuses."""

import sys

from farmhand.farm import plain_json
from farmhand.farm.worker.output.plain_names import plain


def test_the_worker_replaces_the_characters_that_the_farm_replaces() -> None:
    every = [chr(number) for number in range(sys.maxunicode + 1) if not 0xD800 <= number <= 0xDFFF]
    assert [ascii(letter) for letter in every if plain(letter) != plain_json.name(letter)] == []
    assert plain("a\ud800\u200fb") == "a__b"

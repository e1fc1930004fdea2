"""Errors that pass are tried again, as soon and as often as the server wants it."""

import pytest

from farmhand.client.errors import FarmhandError, Malformed, NotFound, RateLimited, ServerFault, Unreachable
from farmhand.client.retry import Backoff, RetryKind, retry_kind, with_retries


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Unreachable("no answer"), RetryKind.TRANSIENT),
        (Malformed("not JSON"), RetryKind.TRANSIENT),
        (ServerFault("500"), RetryKind.TRANSIENT),
        (ServerFault("503", retry_after=5.0), RetryKind.TOLD_TO_WAIT),
        (RateLimited("429"), RetryKind.TOLD_TO_WAIT),
        (NotFound("404", retry_after=5.0), RetryKind.FINAL),
    ],
)
def test_an_error_says_whether_to_try_again_and_who_decides_when(error: FarmhandError, kind: RetryKind) -> None:
    assert retry_kind(error) is kind


def tried(*errors: FarmhandError, tries: int = 3, longest_told: float = 0.0) -> list[float]:
    """The waits between tries of a call that fails with these errors, then succeeds."""
    waits: list[float] = []
    left = list(errors)

    def call() -> None:
        if left:
            raise left.pop(0)

    backoff = Backoff(1.0, 8.0)
    with_retries(call, tries=tries, backoff=backoff, wait=waits.append, longest_told=longest_told)
    return waits


def test_waits_grow_from_try_to_try() -> None:
    first, second = tried(Unreachable("1"), Unreachable("2"))
    assert 0.85 <= first <= 1.15
    assert 1.7 <= second <= 2.3


def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    assert tried(ServerFault("503", retry_after=5.0), longest_told=10.0) == [5.0]


def test_a_server_that_asks_for_a_longer_wait_is_not_called_again() -> None:
    with pytest.raises(RateLimited):
        tried(RateLimited("429", retry_after=60.0), longest_told=10.0)


def test_what_does_not_pass_is_not_tried_again() -> None:
    with pytest.raises(NotFound):
        tried(NotFound("404"))


def test_the_last_tries_error_is_raised() -> None:
    with pytest.raises(Unreachable, match="3"):
        tried(Unreachable("1"), Unreachable("2"), Unreachable("3"))

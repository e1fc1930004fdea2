"""Everything that can go wrong while talking to a render service.

FarmhandError                 carries .what (the fact), .meaning (for the render), .advice (the next step)
├── Unreachable               no answer: name, network, TLS, proxy, time-out
├── Refused                   the service said no; carries .status and .retry_after (seconds, or None)
│   ├── Unauthorized          401, 403: key missing, wrong, or without API access
│   ├── NotFound              404, 410: no such job, or it was deleted
│   ├── NotAllowedNow         400, 409, 422: the job is in another state, or the request is not understood
│   ├── TooLarge              413, or known before sending
│   ├── RateLimited           429
│   └── ServerFault           5xx
├── Malformed                 an answer that breaks the contract (an HTML page, broken JSON, a missing field)
├── BadDelivery               a webhook delivery that is forged, stale, too large or malformed; carries .status
├── LocalProblem              on this computer: disk full, file changed, unreadable or missing
│   └── DriveGone             the drive that frames go to is not connected
└── Stopped                   the caller canceled it; no fault

what, meaning and advice are Messages (message.py), so that they can be translated; a plain str is one without values.
No message ever holds the API key. Standard library only: Blender's own process shows these errors too.
"""

from __future__ import annotations

from .message import Message


class FarmhandError(Exception):
    """Base of all of Farmhand's errors.

    what: the fact, one sentence. meaning: what it means for the render. advice: the next step.
    is_transient: whether the same call may succeed a little later without anyone doing anything.
    retry_after: seconds that the service asks to wait, or None.
    """

    is_transient = False
    retry_after: float | None = None

    def __init__(self, what: str, meaning: str = "", advice: str = "") -> None:
        super().__init__(what)
        self.what = Message.from_text(what)
        self.meaning = Message.from_text(meaning)
        self.advice = Message.from_text(advice)

    @property
    def message(self) -> Message:
        """All three, to be shown in another language; ``str(error)`` is the same in English."""
        return Message.joined((self.what, self.meaning, self.advice))

    def encoded(self) -> dict[str, str]:
        """The three for a file that another process reads; `Message.decoded` gives each back."""
        return {"what": self.what.encoded(), "meaning": self.meaning.encoded(), "advice": self.advice.encoded()}

    @property
    def code(self) -> str:
        """A stable word for journals and JSON, e.g. ``unreachable``."""
        name = type(self).__name__
        return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))

    def __str__(self) -> str:
        return str(self.message)


class Unreachable(FarmhandError):
    """No answer came."""

    is_transient = True


class Refused(FarmhandError):
    """The service said no.

    status: the HTTP status, or 0 when known before sending.
    """

    def __init__(
        self, what: str, meaning: str = "", advice: str = "", *, status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(what, meaning, advice)
        self.status = status
        self.retry_after = retry_after


class Unauthorized(Refused):
    """401 or 403."""


class NotFound(Refused):
    """404 or 410."""


class NotAllowedNow(Refused):
    """400, 409 or 422."""


class TooLarge(Refused):
    """413, or over a limit that is known before sending."""


class RateLimited(Refused):
    """429."""

    is_transient = True


class ServerFault(Refused):
    """5xx, or another status after which the same request may be repeated."""

    is_transient = True


class Malformed(FarmhandError):
    """An answer that breaks the contract."""

    is_transient = True


class BadDelivery(FarmhandError):
    """A rejected webhook delivery. status: the HTTP status to answer with."""

    def __init__(self, what: str, meaning: str = "", advice: str = "", *, status: int) -> None:
        super().__init__(what, meaning, advice)
        self.status = status


class LocalProblem(FarmhandError):
    """A problem on this computer."""


class DriveGone(LocalProblem):
    """A drive is not connected; Farmhand waits for it."""

    is_transient = True


class Stopped(FarmhandError):
    """The caller asked a transfer to stop; what has arrived is kept."""


STALE_LINK = (Unauthorized, NotFound, NotAllowedNow)
"""What storage answers when a signed link has expired or was used."""

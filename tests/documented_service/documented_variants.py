"""The choices that the documents leave open. Each variant is one reading; a client has to work with all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Variant:
    """One way to be the documented service.

    envelope: "documented" (GET /jobs/{id} within "data", all else bare), "data" around everything, "bare" around
    nothing. acted: what validate and cancel answer: "job", "nothing" (204), "word" or "message".
    members: "all" as in the samples, "required" alone, "odd" where optional ones have unexpected values.
    lists: where files stand: "both", "legacy" (no new lists), "empty_new" (new lists are there and empty), "gaps" (the
    last entry of a new list has no link).
    links: what a link looks like: "name" in its path, "query" with the name as a value, "opaque" without any.
    names: what a file object says: "folder" and fileName, "path" (relativePath ends in the file, fileName is null),
    "windows" (the same with both, and backslashes), "encoded" (with %20 for a space), "link" (nothing but the url).
    node: "named", "free" (a name that no folder can have), "null" (compositeNodeName and relativePath are null), "twin"
    (as null, and called like the frames).
    ready: when files are listed: "each" as rendered, "completed", "late" seconds after that, or "refused"
    (409) until the job is completed, and a little longer.
    progress: "list" of documented-looking counters, "object", "frames", "nodes", "broken", "other" words, "empty",
    "stale" ones that say for ever that the job renders.
    trouble: how the first call of each kind fails: "", "json", "text", "html", "wait" (429).
    listed: the order of GET /jobs: "newest" or "oldest" first.
    analysis, final: what it tells of the file once that is validated, and of a render's settings: any JSON.
    preview: the content of the job's picture while it renders. failure: name and type of what every render fails for.
    upload: "fresh" or "expired" (the first link is), "clock" (every link looks expired and works).
    """

    name: str
    envelope: str = "documented"
    acted: str = "job"
    members: str = "all"
    lists: str = "both"
    links: str = "name"
    names: str = "folder"
    node: str = "named"
    ready: str = "each"
    progress: str = "list"
    trouble: str = ""
    listed: str = "newest"
    upload: str = "fresh"
    created_status: int = 200
    link_seconds: float = 600.0
    storage_seconds: float = 0.0
    storage_length: bool = True
    content_type: str = "application/json"
    slow_to_show: float = 0.0
    is_replay: bool = False
    is_on_hold: bool = False
    validates_itself: bool = False
    views: tuple[str, ...] = ("",)
    analysis: Any = field(default_factory=lambda: [{"anything": "at all"}])
    final: Any = field(default_factory=lambda: {"samples": 16, "frames": [1, 2]})
    preview: bytes = b""
    failure: tuple[str, str] | None = None

    def __str__(self) -> str:
        return self.name


VARIANTS = (
    Variant("documented"),
    Variant("data around everything", envelope="data", created_status=201, listed="oldest"),
    Variant("nothing around anything", envelope="bare", acted="nothing", progress="object", listed="oldest"),
    Variant("words in place of a job", acted="word", progress="other", content_type="text/html; charset=utf-8"),
    Variant("a message in place of a job", acted="message", slow_to_show=0.7),
    Variant("legacy lists alone", lists="legacy", node="null", progress="empty"),
    Variant("empty new lists beside legacy ones", lists="empty_new", node="twin"),
    Variant("new lists with gaps", lists="gaps", ready="completed"),
    Variant("links with the name in the query", lists="legacy", links="query", node="null", ready="completed"),
    Variant("links without a name", lists="legacy", links="opaque", node="null", ready="completed"),
    Variant("relative paths that end in the file", names="path", node="null"),
    Variant("paths of Windows", names="windows", node="twin", envelope="data"),
    Variant("names percent-encoded", names="encoded", links="opaque", node="free"),
    Variant("file objects with a link alone", names="link", node="twin"),
    Variant("counters that never end", progress="stale"),
    Variant("files long after the end", ready="late", progress="frames"),
    Variant("files refused until the end", ready="refused", progress="broken"),
    Variant("errors as JSON", trouble="json"),
    Variant("errors as text", trouble="text", progress="nodes"),
    Variant("errors as web pages", trouble="html"),
    Variant("too many requests", trouble="wait"),
    Variant("links good for two seconds", link_seconds=2.0, storage_seconds=2.2, ready="completed", upload="expired"),
    Variant("a clock that is ahead", upload="clock", storage_length=False),
    Variant("started elsewhere", is_replay=True),
    Variant("odd optional members", members="odd"),
    Variant("required members alone", members="required", progress="frames", lists="legacy"),
    Variant("on hold", is_on_hold=True, progress="nodes"),
    Variant("validated without being asked", validates_itself=True),
    Variant("two views", views=("left", "right")),
    Variant("one view", views=("main",)),
)

"""The steps of the pipeline: small, each safe to repeat after a crash at any point.

A step takes a submission and returns its new state; the caller writes that to the journal before the next step runs.
Each may raise FarmhandError, Interrupted (a request came) and Stopped (the same, in mid-transfer).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from pydantic import ValidationError

from ...client.errors import STALE_LINK, LocalProblem, NotAllowedNow, NotFound
from ...client.message import Message, msg
from ...client.models import Job, RenderConfig, UploadTarget
from ...client.plain_text import tidy
from ...client.transfer.upload import check_size, put_file, put_stream
from ...jobs import resubmit
from ...jobs.folder import manifest, service_report, zip_stream
from ...jobs.journal.submission import Problem, Stage, State, Submission
from ..frames.verify import sha256_of
from ..job.context import JobContext, Throttle
from . import started_elsewhere
from .job_status import BEFORE_VALIDATED, seen, shown, unless_already

UPLOAD_TRIES = 3
_CREATING = msg("Creating the job on the server.")
_STARTING = msg("Starting the render on the server.")
_CHECKED = msg("The server has checked the file. Start the render, or discard the job.")
_ANYWAY = msg("Start the render anyway, or discard the job and fix the file.")
_BEFORE = {_CREATING: "Asking the service for a job.", _STARTING: "Asking the service to start the render."}
"""What journals of earlier versions say."""


def upload(context: JobContext, submission: Submission) -> Submission:
    """Send the package. The slug is remembered only when all of it has arrived: an upload link allows one PUT."""
    check_package(context)
    for left in reversed(range(UPLOAD_TRIES)):
        context.control.check()
        target = _fresh_target(context)
        try:
            _put(context, submission, target.upload_url)
        except STALE_LINK:
            if not left:
                raise
            text = msg("The upload link expired. Farmhand requested a new one and is restarting the upload.")
            submission = context.save(submission.with_(upload_done=0, note=text), text)
            continue
        size = context.job.package.bytes
        return submission.with_(slug=target.slug, upload_done=size, stage=Stage.CREATE, note="")
    raise AssertionError("unreachable")


def create(context: JobContext, submission: Submission) -> Submission:
    """Turn the upload into a job.

    If the answer to an earlier call was lost, the slug may be used up: then the package is uploaded again. The job that
    may be left over was never started, so it costs nothing.
    """
    if submission.job_id:
        return submission.with_(stage=Stage.VALIDATE)
    was_used = _was_used(context, submission)
    context.save(submission, _CREATING)
    try:
        job = context.service.create_job(submission.slug)
    except (NotAllowedNow, NotFound):
        if not was_used:
            raise
        return submission.with_(
            slug="",
            upload_done=0,
            stage=Stage.UPLOAD,
            note="The upload was no longer available and is being sent again.",
        )
    return seen(submission, job).with_(job_id=job.id, stage=Stage.VALIDATE, note="")


def confirm(context: JobContext, submission: Submission) -> Submission:
    """Wait for the user before anything is paid for."""
    wrong = service_report.read(context.folder).unexpected
    note = Message.joined((*wrong, _ANYWAY)) if wrong else _CHECKED
    return submission.with_(state=State.WAITING, note=note)


def render(context: JobContext, submission: Submission) -> Submission:
    """Start the render once: a repeated step first checks whether it runs already.

    The status of a job on hold does not tell whether it was started, so the step waits until the hold ends.
    """
    config = _render_config(context)
    job, pace = context.server.job(submission.job_id), context.hold_pace()
    while job.is_on_hold:
        submission = shown(context, submission, job)
        context.control.wait(pace.next())
        job = context.server.job(submission.job_id)
    if job.status in BEFORE_VALIDATED:
        return seen(submission, job).with_(stage=Stage.VALIDATE)
    was_tried = _was_tried(context, submission, Stage.RENDER, _STARTING)
    is_replay = job.status != "validated" and not job.is_over
    if job.status == "validated":
        context.save(submission, _STARTING)
        started = unless_already(context, job, lambda: context.service.render(submission.job_id, config))
        job, is_replay = started, getattr(started, "is_replay", True)
    said = started_elsewhere.report(job.requested_config, config, was_tried=was_tried) if is_replay else ""
    if said:
        submission = context.save(submission, said)
    return seen(submission, job).with_(stage=Stage.PULL, note=said)


def cancel(context: JobContext, submission: Submission) -> Submission:
    """Cancel the job on the service; downloaded files stay."""
    note = ""
    if submission.job_id:
        try:
            job = context.service.cancel(submission.job_id)
        except NotFound:
            job = None
        except NotAllowedNow:
            job = context.service.job(submission.job_id)
            if not job.is_over:
                raise
            if job.status == "completed":
                note = msg("The server had already finished. Use Download Again to get its frames.")
        submission = seen(submission, job) if job else submission
    return submission.with_(state=State.CANCELED, note=note, problem=None)


def failed(submission: Submission, job: Job) -> Submission:
    """The service gave up on the job: say why, in its words."""
    reason = job.failed_reason
    words = (tidy(reason.name) or tidy(reason.type)).rstrip(".") if reason else ""
    problem = Problem(
        "render_failed",
        msg("The render failed: {reason}.", reason=words or msg("no reason given")),
        msg("Frames downloaded: {count}.", count=submission.frames_done)
        if submission.frames_done
        else "No frames were downloaded.",
        "Fix the file as described and submit it again.",
    )
    return submission.with_(state=State.FAILED, stage=Stage.FINISHED, problem=problem, note="")


def check_package(context: JobContext) -> None:
    """Check that the package exists, is small enough, and is unchanged. Raises TooLarge, LocalProblem."""
    package = context.job.package
    try:
        if package.is_streamed:
            check_size(package.name, package.bytes)
            zip_stream.check(context.folder, manifest.read(context.folder))
            return
        found = context.package.stat()
        check_size(package.name, found.st_size)
        same = found.st_size == package.bytes
        if same and found.st_mtime_ns != package.modified_ns:
            same = sha256_of(context.package) == package.sha256
    except OSError as error:
        raise LocalProblem(
            msg(
                "{name}, which is part of this job, cannot be read ({reason}).",
                name=error.filename or package.name,
                reason=error.strerror,
            ),
            "Nothing was sent.",
            "Submit the scene again.",
        ) from error
    if not same:
        raise LocalProblem(
            msg("The package {name} changed on disk after it was packed.", name=package.file),
            "Nothing was sent, to avoid rendering a scene other than the one you checked.",
            "Submit the scene again.",
        )


def _put(context: JobContext, submission: Submission, url: str) -> None:
    throttle = Throttle()

    def on_progress(done: int) -> None:
        if throttle.due():
            with suppress(LocalProblem):  # a full disk must not stop what works without it
                context.save(submission.with_(upload_done=done, note=""))

    cancel, given_by = context.control.token, context.links_come_from
    if context.job.package.is_streamed:
        stream = zip_stream.ZipStream(context.job.package.name, context.folder, manifest.read(context.folder))
        put_stream(url, stream, pool=context.pool, on_progress=on_progress, cancel=cancel, given_by=given_by)
        with suppress(OSError):  # everything is sent; only the checksums in the manifest are lost
            manifest.write(context.folder, stream.entries)
    else:
        put_file(url, context.package, pool=context.pool, on_progress=on_progress, cancel=cancel, given_by=given_by)


def _fresh_target(context: JobContext) -> UploadTarget:
    """A link that has not expired. After a few that all look expired, the last one: then a clock is wrong."""
    package = context.job.package
    for _ in range(UPLOAD_TRIES):
        target = context.service.request_upload(package.name, "zip" if package.kind == "zip" else "blend")
        if not _is_past(target.expires_at):
            break
    return target


def _is_past(moment: datetime) -> bool:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= datetime.now(UTC)


def _was_tried(context: JobContext, submission: Submission, stage: Stage, text: Message) -> bool:
    """Whether an earlier try, perhaps in a process that is gone, may have done this with the same upload already."""
    entries = context.journal.transitions(submission.id)
    uploads = [number for number, entry in enumerate(entries) if entry[1] is Stage.UPLOAD]
    since = entries[uploads[-1] + 1 :] if uploads else entries
    return any(entry[1] is stage and entry[3] in (text, _BEFORE[text]) for entry in since)


def _was_used(context: JobContext, submission: Submission) -> bool:
    """Whether the slug has made another submission's job, or may have made this one's: it may be valid only once.

    A remark from before the last upload is about another slug.
    """
    entries = context.journal.transitions(submission.id)
    is_fresh = any(entry[1] is Stage.UPLOAD for entry in entries)
    is_reused = not is_fresh and any(resubmit.is_remark(entry[3]) for entry in entries)
    return is_reused or _was_tried(context, submission, Stage.CREATE, _CREATING)


def _render_config(context: JobContext) -> RenderConfig:
    try:
        return RenderConfig.model_validate(context.job.render_config)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise LocalProblem(
            msg(
                "A render setting is invalid: {setting}: {reason}.",
                setting=".".join(map(str, first["loc"])),
                reason=first["msg"],
            ),
            "The render was not started, and nothing was charged.",
            "Correct the setting and submit again.",
        ) from error

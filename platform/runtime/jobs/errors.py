"""What can go wrong with jobs, and how a handler says what shall happen next."""

from tessera.kernel.errors import BadRequest, Conflict, NotFound, TesseraError


class BadArguments(BadRequest):
    """Raised when a job's arguments or result are not plain JSON, too large, or do not fit the kind's schema."""

    code = "bad_job_arguments"
    message = "The arguments of job kind {kind} do not fit: {reason}"


class NoSuchJob(NotFound):
    """Raised when a job is not there, or is not the principal's to see."""

    code = "no_such_job"
    message = "There is no such job."


class WrongJobState(Conflict):
    """Raised when a job cannot be cancelled or replayed in the state it is in."""

    code = "wrong_job_state"
    message = "The job is {state}; it cannot be changed in this way."


class BadSchedule(BadRequest):
    """Raised when a schedule's cron expression, time zone or rule for missed slots is wrong."""

    code = "bad_schedule"
    message = "The schedule {key!r} is wrong: {reason}"


class GiveUp(TesseraError):
    """Raised by a handler when trying again is pointless: the job is dead at once, with this reason."""

    code = "gave_up"
    message = "The job cannot be done."


class EffectRefused(TesseraError):
    """Raised inside an outside effect when it certainly did not take place: the job may try again."""

    code = "effect_refused"
    message = "The other side refused."


class EffectUncertain(GiveUp):
    """Raised when nobody knows whether an outside effect took place: a person decides, by replaying the job or leaving it."""

    code = "effect_uncertain"
    message = "The work was cut off during {key!r}: it may or may not have taken place. Check, then replay the job."


class Interrupted(TesseraError):
    """Raised in a handler at its next check when the process is stopping: the job goes back and runs again elsewhere."""

    code = "job_interrupted"
    message = "The worker is stopping."


class Cancelled(TesseraError):
    """Raised in a handler at its next check when somebody cancelled the job."""

    code = "job_cancelled"
    message = "The job was cancelled."


class TimedOut(TesseraError):
    """Raised in a handler at its next check when the kind's time is used up."""

    code = "job_timed_out"
    message = "The job took longer than {seconds} s."


class LeaseLost(TesseraError):
    """Raised in a handler at its next check when the job was taken from this worker: it must stop, another one has it."""

    code = "job_lease_lost"
    message = "Another worker has taken the job."

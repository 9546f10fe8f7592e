"""Background jobs: what the caller's own are doing, and stopping them."""

from typing import Any

from tessera.api import parameters
from tessera.api.answers import Answer, json_answer
from tessera.api.call import Call
from tessera.runtime.jobs.registry import JobKinds
from tessera.runtime.jobs.service import JobService, JobView


def get_job(call: Call, job: str) -> Answer:
    """GET /jobs/<id>"""
    call.parameters()
    return json_answer(_job_json(_service(call).get(call.context, parameters.record_id(job))))


def cancel_job(call: Call, job: str) -> Answer:
    """POST /jobs/<id>/cancel: at once when it waits, at its next check when it runs"""
    call.parameters()
    return json_answer(_job_json(_service(call).cancel(call.context, parameters.record_id(job))))


def _service(call: Call) -> JobService:
    """Jobs of the tenant. None is made here, so no kinds need to be known."""
    return JobService(call.tenant.key, call.tenant.database, JobKinds("job kind"), call.tenant.runtime.carrier)


def _job_json(job: JobView) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "total": job.total,
        "message": job.message,
        "result": job.result,
        "error": job.error,
        "attempts": job.attempts,
        "cancel_requested": job.cancel_requested,
        "created_at": job.created_at,
        "run_at": job.run_at,
        "finished_at": job.finished_at,
    }

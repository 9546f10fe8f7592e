"""Background jobs over HTTP: seen and stopped by those they act for, and by administrators."""

from typing import Any
from uuid import UUID

import pytest

from tessera.runtime.jobs.queue import NewJob, enqueue
from tessera.runtime.jobs.registry import JobKind
from tests.api.service import Caller, Service

KIND = JobKind("test.report", lambda run: None)


@pytest.fixture
def job(service: Service) -> UUID:
    """A job that waits, on behalf of mel."""
    tenant = service.runtime.tenant(service.tenant)
    new = NewJob(KIND, {"secret": "argument"}, principal_id=service.people[service.tenant, "mel"])
    with tenant.database.writing() as connection:
        made: Any = enqueue(connection, new, service.clock.now())
    return UUID(str(made))


def test_a_job_is_seen_by_whom_it_acts_for(service: Service, mel: Caller, ann: Caller, job: UUID) -> None:
    seen = mel.get(f"/jobs/{job}")
    assert seen.status_code == 200
    assert (seen.get_json()["kind"], seen.get_json()["state"]) == ("test.report", "waiting")
    assert "argument" not in seen.get_data(as_text=True)
    assert ann.get(f"/jobs/{job}").status_code == 200
    assert service.caller("moe").get(f"/jobs/{job}").status_code == 404


def test_a_job_is_stopped_once(service: Service, mel: Caller, job: UUID) -> None:
    assert service.caller("moe").post(f"/jobs/{job}/cancel").status_code == 404
    assert mel.post(f"/jobs/{job}/cancel").get_json()["state"] == "cancelled"
    assert mel.post(f"/jobs/{job}/cancel").status_code == 409


@pytest.mark.parametrize("path", ["/jobs/nonsense", "/jobs/0190a1b2-0000-7000-8000-000000000001"])
def test_a_job_that_is_not_there_is_not_found(ann: Caller, path: str) -> None:
    assert ann.get(path).status_code == 404

"""Every address of the API and what answers there: the table of contents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tessera.api.call import Handler
from tessera.api.resources import batch, bulk, describe, documentation, figures, files, identity, jobs, records


@dataclass(frozen=True, slots=True)
class Route:
    """A path below the API's root, its handlers by method, and whether it is open to everybody."""

    path: str
    methods: Mapping[str, Handler]
    public: bool = False


ROUTES: Final = (
    Route("/me", {"GET": identity.me}),
    Route("/auth/token", {"POST": identity.sign_in}, public=True),
    Route("/tokens", {"GET": identity.list_tokens, "POST": identity.create_token}),
    Route("/tokens/<token>", {"DELETE": identity.delete_token}),
    Route("/describe", {"GET": describe.describe_all}),
    Route("/openapi.json", {"GET": documentation.openapi}),
    Route("/batch", {"POST": batch.batch}),
    Route("/files", {"POST": files.upload}),
    Route("/files/<file>", {"GET": files.download}),
    Route("/jobs/<job>", {"GET": jobs.get_job}),
    Route("/jobs/<job>/cancel", {"POST": jobs.cancel_job}),
    Route("/<module>", {"GET": records.list_records, "POST": records.create_record}),
    Route("/<module>/query", {"POST": records.query_records}),
    Route("/<module>/aggregate", {"POST": figures.aggregate}),
    Route("/<module>/bulk", {"POST": bulk.bulk}),
    Route("/<module>/describe", {"GET": describe.describe_module}),
    Route("/<module>/options/<field>", {"GET": figures.options}),
    Route(
        "/<module>/<record>",
        {"GET": records.get_record, "PATCH": records.update_record, "DELETE": records.delete_record},
    ),
    Route("/<module>/<record>/restore", {"POST": records.restore_record}),
)

#: Stands beside the versions, because it speaks to people.
DOCS: Final = Route("/api/docs", {"GET": documentation.docs})
#: Everything else below /api: nothing stands there.
NOWHERE: Final = Route("/api/<path:rest>", {})

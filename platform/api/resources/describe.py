"""What there is: modules, fields, types and choices, with labels in the caller's language, as far as the caller may know."""

from collections.abc import Mapping
from typing import Any

from tessera.api.answers import Answer, json_answer
from tessera.api.call import Call
from tessera.api.describing import Describer
from tessera.api.resources.records import read_session
from tessera.kernel.errors import UnknownModule
from tessera.runtime.model import CompiledModule


def describe_all(call: Call) -> Answer:
    """GET /describe: every module the caller may read, in brief"""
    call.parameters()
    describer = _describer(call)
    modules = [describer.summary(module) for module in call.catalog.modules.values() if describer.may_know(module)]
    menus = describer.menus()
    return _answer(call, {"version": call.catalog.version, "modules": modules, "menus": menus})


def describe_module(call: Call, module: str) -> Answer:
    """GET /<module>/describe: one module with its fields, views and layouts"""
    call.parameters()
    describer = _describer(call)
    compiled: CompiledModule = call.catalog.module(module)
    if not describer.may_know(compiled):
        raise UnknownModule(module=module)
    return _answer(call, describer.module(compiled))


def _describer(call: Call) -> Describer:
    return Describer(call.catalog, read_session(call), call.context.locale)


def _answer(call: Call, body: Mapping[str, Any]) -> Answer:
    return json_answer(body, Content_Language=call.context.locale)

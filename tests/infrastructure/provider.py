"""A provider of Terraform that knows azurerm's arguments and makes nothing: what is planned is what is asked for.

Terraform itself then judges the files: names, types, what must be given, what refers to what. What only Azure knows is
unknown in a plan, and `made-<attribute>` after an apply. A password of `random_password` is PASSWORD.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import msgpack

from tests.infrastructure import schema
from tests.infrastructure.messages import MESSAGES
from tests.infrastructure.schema import Attribute, Block

PASSWORD = "the-password-that-no-state-may-hold"
_UNKNOWN = msgpack.ExtType(0, b"\0")
_NESTING = {"single": 1, "list": 2, "set": 3}
_SERVICE = "tfplugin6.Provider"
#: hashicorp/random, of which one ephemeral resource is used.
_RANDOM = Block({
    "length": Attribute("number", is_required=True),
    "special": Attribute("bool"),
    "result": Attribute("string", is_computed=True),
})  # fmt: skip
_MADE = {"number": 1, "bool": True}


class Provider:
    def __init__(self, name: str) -> None:
        is_azure = name == "azurerm"
        self._resources = schema.read("resource") if is_azure else {}
        self._data = schema.read("data") if is_azure else {}
        self._ephemeral = {} if is_azure else {"random_password": _RANDOM}
        self._provider = schema.read("provider")["azurerm_azurerm"] if is_azure else Block({})

    def methods(self) -> dict[str, tuple[str, Callable[[Any], Any]]]:
        """Name -> the request's message, and what answers it. All others say that all is well."""
        return {
            "GetProviderSchema": ("Empty", self._schemas),
            "PlanResourceChange": ("PlanRequest", self._plan),
            "ApplyResourceChange": ("ApplyRequest", self._apply),
            "ReadDataSource": ("ReadRequest", self._read),
            "OpenEphemeralResource": ("ReadRequest", self._open),
        }

    def _schemas(self, _: Any) -> Any:
        return MESSAGES["Schemas"](
            provider=_schema(self._provider),
            resources=_named(self._resources),
            data_sources=_named(self._data),
            ephemeral=_named(self._ephemeral),
        )

    def _plan(self, request: Any) -> Any:
        proposed = _unpacked(request.proposed_new_state)
        planned = proposed and filled(proposed, self._resources[request.type_name], _unknown)
        return MESSAGES["PlanResponse"](planned_state=_packed(planned))

    def _apply(self, request: Any) -> Any:
        planned = _unpacked(request.planned_state)
        made = planned and filled(planned, self._resources[request.type_name], _made)
        return MESSAGES["ApplyResponse"](new_state=_packed(made))

    def _read(self, request: Any) -> Any:
        config = _unpacked(request.config)
        found = filled(config, self._data[request.type_name], _made)
        return MESSAGES["ReadResponse"](state=_packed(found))

    def _open(self, request: Any) -> Any:
        config = _unpacked(request.config)
        return MESSAGES["OpenResponse"](result=_packed({**config, "result": PASSWORD}))


def filled(
    values: Mapping[str, Any], block: Block, give: Callable[[str, Attribute], Any]
) -> dict[str, Any]:
    """With what Azure gives; what is written only is left out."""
    found = dict(values)
    for name, attribute in block.attributes.items():
        value = found.get(name)
        if attribute.is_write_only:
            found[name] = None
        elif attribute.is_computed and (value is None or value == _UNKNOWN):
            found[name] = give(name, attribute)
    for name, nested in block.blocks.items():
        inner = found.get(name)
        if isinstance(inner, list):
            found[name] = [filled(one, nested.block, give) for one in inner]
        elif isinstance(inner, dict):
            found[name] = filled(inner, nested.block, give)
    return found


def _unknown(_: str, __: Attribute) -> Any:
    return _UNKNOWN


def _made(name: str, attribute: Attribute) -> Any:
    if isinstance(attribute.type, list):
        return {} if attribute.type[0] == "map" else []
    return _MADE.get(attribute.type, f"made-{name}")


def _unpacked(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, strict_map_key=False) if value.msgpack else None


def _packed(value: Any) -> Any:
    return MESSAGES["DynamicValue"](msgpack=msgpack.packb(value))


def _named(blocks: Mapping[str, Block]) -> list[Any]:
    return [MESSAGES["NamedSchema"](key=name, value=_schema(of)) for name, of in blocks.items()]


def _schema(block: Block) -> Any:
    return MESSAGES["Schema"](version=0, block=_block(block))


def _block(block: Block) -> Any:
    return MESSAGES["Block"](
        attributes=[
            MESSAGES["Attribute"](
                name=name,
                type=json.dumps(of.type).encode(),
                required=of.is_required,
                optional=not of.is_required and not of.is_computed,
                computed=of.is_computed,
                write_only=of.is_write_only,
            )
            for name, of in block.attributes.items()
        ],
        block_types=[
            MESSAGES["NestedBlock"](
                type_name=name, block=_block(of.block), nesting=_NESTING[of.nesting],
                min_items=of.least, max_items=of.most,
            )
            for name, of in block.blocks.items()
        ],
    )  # fmt: skip


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, provider: Provider) -> None:
        self._methods = provider.methods()

    def service(self, call: Any) -> Any:
        service, _, method = call.method.strip("/").partition("/")
        if service != _SERVICE:
            return None
        if method in ("GetMetadata", "GetResourceIdentitySchemas"):  # optional; schemas follow
            return None
        name, answer = self._methods.get(method, ("Empty", lambda _: MESSAGES["Empty"]()))
        return grpc.unary_unary_rpc_method_handler(
            lambda request, _: answer(request),
            request_deserializer=MESSAGES[name].FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )


@contextlib.contextmanager
def serving(*names: str) -> Iterator[dict[str, str]]:
    """The variables by which Terraform finds the providers, which run meanwhile."""
    servers, addresses = [], {}
    for name in names:
        server = grpc.server(ThreadPoolExecutor(4), handlers=[_Handler(Provider(name))])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        addresses[f"registry.terraform.io/hashicorp/{name}"] = {
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True,
            "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
        }  # fmt: skip
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps(addresses)}
    finally:
        for server in servers:
            server.stop(None)

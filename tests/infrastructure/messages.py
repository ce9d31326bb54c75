"""The messages between Terraform and a provider (protocol 6), as far as they are used here.

A line names a message and its fields with their numbers, as Terraform's docs/plugin-protocol declares them. A map is
written as the list of pairs that it is on the wire.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_LINES = """
Empty
DynamicValue     msgpack:bytes=1
Diagnostic       severity:int=1 summary:str=2 detail:str=3
Attribute        name:str=1 type:bytes=2 required:bool=4 optional:bool=5 computed:bool=6 write_only:bool=11 sensitive:bool=7
NestedBlock      type_name:str=1 block:Block=2 nesting:int=3 min_items:int=4 max_items:int=5
Block            attributes:Attribute*=2 block_types:NestedBlock*=3
Schema           version:int=1 block:Block=2
NamedSchema      key:str=1 value:Schema=2
Schemas          provider:Schema=1 resources:NamedSchema*=2 data_sources:NamedSchema*=3 ephemeral:NamedSchema*=8
PlanRequest      type_name:str=1 prior_state:DynamicValue=2 proposed_new_state:DynamicValue=3 config:DynamicValue=4
PlanResponse     planned_state:DynamicValue=1
ApplyRequest     type_name:str=1 planned_state:DynamicValue=3
ApplyResponse    new_state:DynamicValue=1
ReadRequest      type_name:str=1 config:DynamicValue=2
ReadResponse     state:DynamicValue=1
OpenResponse     result:DynamicValue=3
"""
_TYPES = {"int": 3, "bool": 8, "str": 9, "bytes": 12}
_MESSAGE = 11


def _declared() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="saldo_tests/provider.proto", package="saldo_tests", syntax="proto3"
    )
    for line in _LINES.strip().splitlines():
        name, *fields = line.split()
        message = file.message_type.add(name=name)
        for text in fields:
            field, _, rest = text.partition(":")
            kind, _, number = rest.partition("=")
            kind, is_many = kind.removesuffix("*"), kind.endswith("*")
            declared = message.field.add(name=field, number=int(number), label=3 if is_many else 1)
            declared.type = _TYPES.get(kind, _MESSAGE)
            if kind not in _TYPES:
                declared.type_name = f".saldo_tests.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        message.name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"saldo_tests.{message.name}")
        )
        for message in file.message_type
    }


MESSAGES = _declared()

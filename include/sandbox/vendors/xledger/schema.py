"""The schema: the types of schema.graphql, and what follows from them.

Every root field is a connection of one type. Its edges, its filter and, where changes of it are told, the nodes
of its deltas look the same for all of them, so that they are written here once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    IntValueNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    ValueNode,
    build_ast_schema,
    build_client_schema,
    introspection_from_schema,
    parse,
    print_ast,
)

_SDL = Path(__file__).with_name("schema.graphql")
#: Root field -> the type of its nodes.
ROOTS = {
    "entities": "Entity",
    "accounts": "Account",
    "objectKinds": "ObjectKind",
    "objectValues": "ObjectValue",
    "taxTableSetups": "TaxTableSetup",
    "currencies": "Currency",
    "exchangeRates": "ExchangeRate",
    "periods": "Period",
    "accountBalances": "AccountBalance",
    "timesheets": "Timesheet",
    "projects": "Project",
    "employees": "Employee",
    "customers": "Customer",
    "suppliers": "Supplier",
    "transactions": "Transaction",
    "arTransactions": "ARTransaction",
    "apTransactions": "APTransaction",
}
#: The same for what is staged for the ledger; nothing of it comes from the books.
STAGED = {"glImportItems": "GLImportItem", "glImportItemErrors": "GLImportItemError"}
#: Root field of changes -> the plural whose rows change.
DELTAS = {
    "project_deltas": "projects",
    "timesheet_deltas": "timesheets",
    "employee_deltas": "employees",
    "customer_deltas": "customers",
    "supplier_deltas": "suppliers",
    "transaction_deltas": "transactions",
    "arTransaction_deltas": "arTransactions",
    "apTransaction_deltas": "apTransactions",
}
#: Types whose ids are Int64String.
WIDE = ("Timesheet", "Transaction", "ObjectKind", "GLImportItem", "GLImportItemError")
#: What rows are filtered by beside dbId and ownerDbId.
_FILTERED = {
    "Entity": "code: String, modifiedAt: DateTimeString",
    "Account": "code: String, modifiedAt: DateTimeString, chartOfAccountDbId: Int",
    "ObjectKind": "name: String, modifiedAt: DateTimeString",
    "ObjectValue": "code: String, modifiedAt: DateTimeString, objectKindDbId: Int64String",
    "TaxTableSetup": "modifiedAt: DateTimeString, objectValueDbId: Int",
    "Currency": "code: String",
    "ExchangeRate": "currencyFromCode: String, fromDate: DateString, modifiedAt: DateTimeString",
    "Period": "fiscalYear: Int, fiscalPeriod: Int, fromDate: DateString",
    "AccountBalance": "accountDbId: Int",
    "Timesheet": "assignmentDate: DateString, employeeDbId: Int, projectDbId: Int, modifiedAt: DateTimeString",
    "Project": "code: String, modifiedAt: DateTimeString",
    "Employee": "code: String, modifiedAt: DateTimeString",
    "Customer": "code: String, modifiedAt: DateTimeString",
    "Supplier": "code: String, modifiedAt: DateTimeString",
    "Transaction": "postedDate: DateString, accountDbId: Int, extIdentifier: String",
    "ARTransaction": "invoiceDate: DateString, invoiceNumber: String, subledgerDbId: Int, matchId: Int, extIdentifier: String",
    "APTransaction": "invoiceDate: DateString, invoiceNumber: String, subledgerDbId: Int, matchId: Int, extIdentifier: String",
    "GLImportItem": "extIdentifier: String, trRegNumber: Int, invoiceNumber: String, createdAt: DateTimeString, modifiedAt: DateTimeString",
    "GLImportItemError": "transactionDbId: Int64String, createdAt: DateTimeString",
}  # fmt: skip
_COMPARISONS = ("", "_gt", "_gte", "_lt", "_lte")
_ARGUMENTS = (
    "(first: Int, last: Int, after: String, before: String, filter: {0}_Filter, orderBy: OrderBy, "
    "ownerSet: OwnerSet, objectStatus: ObjectStatus)"
)


def _fields_of(document: DocumentNode) -> dict[str, tuple[FieldDefinitionNode, ...]]:
    """Type -> its fields; those that implement an interface have just its fields."""
    types = [
        one
        for one in document.definitions
        if isinstance(one, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
    ]
    found = {one.name.value: tuple(one.fields or ()) for one in types}
    for one in types:
        for interface in one.interfaces or ():
            found[one.name.value] = found[interface.name.value]
    return found


def _connection(name: str) -> str:
    return (
        f"type {name}_Edge {{ cursor: String!, node: {name} }}\n"
        f"type {name}_Connection {{ edges: [{name}_Edge!], pageInfo: PageInfo! }}\n"
    )


def _filter(kind: str) -> str:
    id = "Int64String" if kind in WIDE else "Int"
    fields = f"dbId: {id}, ownerDbId: Int, {_FILTERED[kind]}"
    lines = [f"AND: [{kind}_Filter!]", f"OR: [{kind}_Filter!]"]
    for name, type in (field.split(": ") for field in fields.split(", ")):
        lines += [f"{name}{suffix}: {type}" for suffix in _COMPARISONS]
        lines.append(f"{name}_in: [{type}!]")
    return f"input {kind}_Filter {{ {', '.join(lines)} }}\n"


def _derived(document: DocumentNode) -> Iterator[str]:
    fields = _fields_of(document)
    roots = ["viewer: Viewer"]
    for root, kind in (ROOTS | STAGED).items():
        yield _connection(kind) + _filter(kind)
        roots.append(f"{root}{_ARGUMENTS.format(kind)}: {kind}_Connection")
    for root, plural in DELTAS.items():
        kind = ROOTS[plural]
        own = " ".join(print_ast(field) for field in fields[kind])
        yield f"type {kind}_Delta {{ mutationType: MutationType!, mutatedAt: DateTimeString, {own} }}\n"
        yield _connection(f"{kind}_Delta")
        roots.append(f"{root}{_ARGUMENTS.format(kind)}: {kind}_Delta_Connection")
    for one in document.definitions:
        if isinstance(one, ObjectTypeDefinitionNode) and one.interfaces:
            own = " ".join(print_ast(field) for field in fields[one.name.value])
            yield f"extend type {one.name.value} {{ {own} }}\n"
    yield f"type Query {{ {' '.join(roots)} }}"


@cache
def schema() -> GraphQLSchema:
    written = parse(_SDL.read_text())
    derived = parse("\n".join(_derived(written)))
    whole = DocumentNode(definitions=(*written.definitions, *derived.definitions))
    found = build_ast_schema(whole)
    for name, coerced in _SCALARS.items():
        scalar = found.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.coerce_input_value = coerced
        scalar.coerce_input_literal = _of_literal(coerced)
    return found


@cache
def schema_without(lacks: tuple[str, ...]) -> GraphQLSchema:
    """The schema of a company whose Xledger does not have these (Options.xledger_lacks); for reading it, and comparing queries
    with it: it has no resolvers."""
    if not lacks:
        return schema()
    found = build_client_schema(introspection_from_schema(schema()))
    for one in lacks:
        kind, field, *argument = one.split(".")
        fields = found.type_map[kind].fields  # type: ignore[attr-defined]
        if argument:
            del fields[field].args[argument[0]]
        else:
            del fields[field]
    return found


# --- scalars -------------------------------------------------------------------------------------


def _int64(value: Any) -> int:
    if isinstance(value, bool) or not str(value).removeprefix("-").isdecimal():
        raise GraphQLError(f"Int64String cannot represent {value!r}.")
    return int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"A text is expected, not {value!r}.")
    return value


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise GraphQLError(f"A number is expected, not {value!r}.")
    return str(value)


def _of_literal(coerced: Any) -> Any:
    def read(node: ValueNode, *_: Any) -> Any:
        if isinstance(node, StringValueNode):
            return coerced(node.value)
        if isinstance(node, IntValueNode):
            return coerced(int(node.value))
        raise GraphQLError(f"Expected a value, found {print_ast(node)}.", node)

    return read


_SCALARS = {
    "Int64String": _int64,
    "MoneyString": _number,
    "DecimalString": _number,
    "DateString": _text,
    "DateTimeString": _text,
}

"""Asks a sandbox of its own, in this process: queries, whole lists, whole streams of changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, parse, print_ast
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.books.company import COMPANIES, NORWEGIAN, SMALL, Company
from sandbox.state import State
from tests.support import PROJECT

QUERIES = sorted((PROJECT / "plugins/saldo/vendors/xledger/queries").glob("*.graphql"))
#: Root field -> what the tests ask of its nodes, where the client's own queries are not there to say it.
PLAIN = {
    "entities": "dbId ownerDbId code description company { dbId } currency { code } "
    "glSetupEntries { fieldObject { objectKind { dbId name } } }",
    "accounts": "dbId ownerDbId code description balanceSheet group posting accountGroup { code }",
    "objectKinds": "dbId name",
    "objectValues": "dbId ownerDbId code description objectKindDbId dateFrom dateTo",
    "taxTableSetups": "dbId ownerDbId objectValueDbId objectValue { code } dateFrom dateTo taxPercent account { code }",
    "currencies": "dbId code description",
    "exchangeRates": "dbId ownerDbId fromDate toDate currencyFromCode currencyToCode exchangeRate currencyUnit",
    "periods": "dbId ownerDbId description fiscalYear fiscalPeriod fromDate toDate periodStatus { name }",
    "accountBalances": "dbId ownerDbId account { code } period { dbId } amount",
    "timesheets": "dbId ownerDbId text assignmentDate workingHours invoiceHours hourlyCost approved invoiced posted "
    "approvedAt modifiedAt activity { code } employee { dbId } project { dbId } timeType { code }",
    "projects": "dbId ownerDbId code description fromDate toDate external billable mainProjectDbId modifiedAt "
    "projectGroup { code } customer { dbId } projectManager { dbId }",
    "employees": "dbId ownerDbId code description email dateFrom dateTo modifiedAt employeeGroup { code }",
    "customers": "dbId ownerDbId code description email fromDate toDate modifiedAt subledgerGroup { code } "
    "currency { code } payTerms { code } company { companyNumber } address { zipCode place country { code } }",
    "suppliers": "dbId ownerDbId code description fromDate toDate modifiedAt subledgerGroup { code } currency { code }",
    "transactions": "dbId ownerDbId text amount invoiceAmount account { code } currency { code } taxRule { code } "
    "glObject1DbId glObject2DbId glObject3DbId glObject4DbId xgl { dbId } period { dbId fiscalYear } "
    "header { dbId transactionNumber postedDate transactionSource { code } }",
    "arTransactions": "dbId ownerDbId text amount invoiceAmount invoiceRemaining invoiceNumber invoiceDate dueDate "
    "subledgerDbId account { code } currency { code } slTransactionType { name } transactionHeader { dbId postedDate }",
    "apTransactions": "dbId ownerDbId text amount invoiceAmount invoiceRemaining invoiceNumber invoiceDate dueDate "
    "subledgerDbId account { code } currency { code } slTransactionType { name } transactionHeader { dbId postedDate }",
}  # fmt: skip
ROOT = "sandbox-xledger-fjordgruppen"


class Xledger:
    """A sandbox whose companies nobody else moves."""

    def __init__(self, companies: Iterable[Company] = (*COMPANIES, *NORWEGIAN)) -> None:
        self.state = State(None, companies)
        self.http = TestClient(create_app(self.state))

    def answer(self, query: str, token: str = ROOT, **more: Any) -> Any:
        headers = {"Authorization": f"token {token}"}
        return self.http.post("/xledger/graphql", json={"query": query, **more}, headers=headers)

    def ask(self, query: str, token: str = ROOT, **more: Any) -> Any:
        """`data`; there must be no errors."""
        found = self.answer(query, token, **more).json()
        assert "errors" not in found, found["errors"]
        return found["data"]

    def pages(
        self, root: str, fields: str, args: str = "", *, token: str, size: int = 10_000
    ) -> Iterator[Any]:
        """The edges of page after page."""
        after = ""
        while True:
            asked = f"first: {size} {args} {after}"
            found = self.ask(
                f"{{ {root}({asked}) {{ edges {{ cursor node {{ {fields} }} }} pageInfo {{ hasNextPage }} }} }}",
                token,
            )[root]
            yield found["edges"] or []
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = f'after: "{found["edges"][-1]["cursor"]}"'

    def rows(self, root: str, args: str = "", *, token: str, size: int = 10_000) -> list[Any]:
        pages = self.pages(root, PLAIN[root], args, token=token, size=size)
        return [edge["node"] for page in pages for edge in page]

    def company(self, id: str, **more: Any) -> str:
        """A small company; its token."""
        body = {
            "agreement_number": 1, "name": f"{id} AS", "seed": 5, "base_currency": "NOK", **SMALL,
            "xledger_burst": 1_000_000, **more,
        }  # fmt: skip
        self.http.put(f"/sandbox/companies/{id}", json=body).raise_for_status()
        return f"sandbox-xledger-token-{id}"

    def next_day(self, id: str, days: int = 1) -> None:
        self.http.post(f"/sandbox/companies/{id}/next-day?days={days}").raise_for_status()

    def fault(self, kind: str, **more: Any) -> None:
        self.http.post("/sandbox/faults", json={"kind": kind, **more}).raise_for_status()

    def truth(self, id: str, what: str = "xledger") -> Any:
        return self.http.get(f"/sandbox/companies/{id}/truth/{what}")


def root_of(path: Path) -> tuple[str, str]:
    """The root field of one of the client's queries, and what it selects of nodes."""
    [operation] = parse(path.read_text()).definitions
    assert isinstance(operation, OperationDefinitionNode)
    [root] = operation.selection_set.selections
    assert isinstance(root, FieldNode)
    field: FieldNode = root
    for name in ("edges", "node"):
        assert field.selection_set is not None
        found = (one for one in field.selection_set.selections if isinstance(one, FieldNode))
        field = next(one for one in found if one.name.value == name)
    assert field.selection_set is not None
    return root.name.value, print_ast(field.selection_set).strip("{}")

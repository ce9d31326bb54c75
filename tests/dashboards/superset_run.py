"""Superset itself, run by its own Python: it imports the bundle as its command line does, and answers for every chart by its API.

    python superset_run.py <folder of the bundle> <address of the warehouse>

Writes one line of JSON: chart -> {rows, columns}, or what it refused. The folder it works in holds its own database.
"""

# mypy: ignore-errors
# Superset's modules are in another environment.
from __future__ import annotations

import json
import sys
from pathlib import Path

bundle, uri = Path(sys.argv[1]), sys.argv[2]
home = Path.cwd()
(home / "superset_config.py").write_text(
    f'SECRET_KEY = "a text of this test alone, and long enough"\nSQLALCHEMY_DATABASE_URI = "sqlite:///{home}/superset.db"\n'
    "WTF_CSRF_ENABLED = False\nTALISMAN_ENABLED = False\n"
)
sys.path.insert(0, str(home))


def main() -> None:
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        # Its models can be imported only now.
        from flask_migrate import upgrade
        from superset import db, security_manager
        from superset.commands.dashboard.importers.dispatcher import ImportDashboardsCommand
        from superset.migrations import __file__ as migrations
        from superset.models.core import Database
        from superset.models.slice import Slice
        from superset.utils.core import override_user

        upgrade(directory=str(Path(migrations).parent))
        security_manager.sync_role_definitions()
        admin = security_manager.add_user(
            "admin",
            "a",
            "b",
            "admin@example.com",
            security_manager.find_role("Admin"),
            password="admin",
        )
        contents = {str(p.relative_to(bundle)): p.read_text() for p in bundle.rglob("*.yaml")}
        with override_user(admin):
            for overwrite in (False, True):
                ImportDashboardsCommand(contents, overwrite=overwrite).run()
        database = db.session.query(Database).filter_by(database_name="Saldo").one()
        database.set_sqlalchemy_uri(uri)
        db.session.commit()
        asked = {one.slice_name: _question(one) for one in db.session.query(Slice).all()}
    client = app.test_client()
    body = {"username": "admin", "password": "admin", "provider": "db"}
    token = client.post("/api/v1/security/login", json=body).get_json()["access_token"]
    sent = {"Authorization": f"Bearer {token}"}
    found = {}
    for name, question in asked.items():
        answer = client.post("/api/v1/chart/data", json=question, headers=sent)
        said = answer.get_json()
        if answer.status_code != 200:
            found[name] = {"error": said}
            continue
        [result] = said["result"]
        found[name] = {"rows": result["data"], "columns": result["colnames"]}
    dashboard = client.get("/api/v1/dashboard/saldo", headers=sent).get_json()["result"]
    charts = client.get("/api/v1/dashboard/saldo/charts", headers=sent).get_json()["result"]
    found = {"dashboard": dashboard["dashboard_title"], "of_it": len(charts), "charts": found}
    print("\n" + json.dumps(found, default=str))


def _question(chart) -> dict:
    """What a chart asks, as the page would."""
    params = json.loads(chart.params)
    columns = [
        name
        for kind in ("groupby", "groupbyRows", "groupbyColumns", "all_columns")
        for name in params.get(kind) or ()
    ]
    if params.get("x_axis"):
        columns.insert(0, params["x_axis"])
    metrics = list(params.get("metrics") or ()) + ([params["metric"]] if "metric" in params else [])
    filters = [
        {"col": one["subject"], "op": one["operator"], "val": one["comparator"]}
        for one in params["adhoc_filters"]
    ]
    query = {"columns": columns, "filters": filters, "row_limit": 10000}
    query |= (
        {"metrics": metrics}
        if metrics
        else {"orderby": [json.loads(o) for o in params["order_by_cols"]]}
    )
    return {
        "datasource": {"id": chart.datasource_id, "type": "table"},
        "queries": [query],
        "result_format": "json",
        "result_type": "full",
        "force": True,
    }


main()

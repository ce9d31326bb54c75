"""What a file of the mart may say, and what the writer makes of it: rows, keys, and errors that name the file."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from saldo.errors import ConfigError
from saldo.paths import SQL_DIR
from saldo.transform.headers import Transform
from saldo.transform.mart.declaration import Again, Declaration, NewKeys, Pair, Rows, Step
from saldo.transform.mart.parsing import parsed
from saldo.transform.mart.progress import Progress
from saldo.transform.mart.writer import Changes, Writer
from saldo.warehouse import catalogue
from saldo.warehouse.connection import Connection
from tests.support import random_text


def file(body: str, target: str = "mart.fact_box") -> Declaration:
    path = SQL_DIR / "mart" / f"{target.partition('.')[2]}.sql"
    return parsed(Transform(path, ("core.box",), (target,), body))


# --- what is said --------------------------------------------------------------------------------


def test_a_file_is_its_lines_its_steps_and_its_rows() -> None:
    found = file(
        "-- rows: core.box by kind, box_number, dated date = box_date\n"
        "-- Of the shelf, too.\n"
        "-- again with: core.shelf, core.room by number = shelf_number of core.board\n"
        "--     where c.is_full and r.weight > 1\n"
        "-- again with: core.agreement\n"
        "-- whole: r.is_draft\n"
        "-- new keys: 'box' by source_key from live_box\n"
        "-- kind: lid_key = 'box'\n\n"
        "-- step: live_box by kind, box_number\nselect 1\n\n-- Why there is more.\n-- more of: live_box\nselect 2\n\n"
        "-- final\nselect 3"
    )
    assert found.rows == Rows(("core.box",), ("kind", "box_number"), Pair("date", "box_date"))
    assert found.again == (
        Again(
            ("core.shelf", "core.room"), (Pair("number", "shelf_number"),), "core.board",
            "c.is_full and r.weight > 1",
        ),
        Again(("core.agreement",)),
    )  # fmt: skip
    assert [again.is_everything for again in found.again] == [False, True]
    assert (found.whole, found.kinds) == ("r.is_draft", {"lid_key": "'box'"})
    assert found.new_keys == (NewKeys("'box'", "source_key", "live_box"),)
    # What is said of a step stands before it, and is no part of the one before.
    assert [(step.name, step.key, step.select) for step in found.steps] == [
        ("live_box", ("kind", "box_number"), "select 1"), ("live_box", (), "select 2"),
    ]  # fmt: skip
    assert found.select == "select 3"
    assert found.follows == {
        "core.box", "core.shelf", "core.room", "core.agreement"
    }  # fmt: skip


def test_a_file_may_be_one_select() -> None:
    found = file("-- rows: core.box\n-- key order: size\nselect 1 where 2 > %(since_box)s")
    assert (found.rows, found.key_order) == (Rows(("core.box",)), "size")
    assert (found.steps, found.unit) == ((), ())
    assert found.select.endswith("select 1 where 2 > %(since_box)s")


def test_steps_that_do_not_read_what_changed_come_before_it() -> None:
    days, live = Step("days", (), "select 1"), Step("live", (), "select 1 from changed as c")
    found = file(f"-- step: days\n{days.select}\n-- step: live\n{live.select}\n-- final\nselect 1")
    assert found.steps_before_changed == (days,)
    assert found.steps_after_changed == (live,)


@pytest.mark.parametrize(
    "line",
    [
        "rows: core.box by",
        "again with: core.box where",
        "new keys: box",
        "key order: a, b",
        "agian with: core.box",
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(ConfigError, match=rf"^mart/fact_box\.sql: the line '-- {line}' cannot be"):
        file(f"-- {line}\nselect 1")


# --- who has something to do ---------------------------------------------------------------------


def test_a_file_is_due_when_something_it_follows_changed() -> None:
    box = file("-- rows: core.box\n-- again with: core.shelf\nselect 1")
    quiet = Progress({"core.box": 5, "core.shelf": 7}, {"core.box": 5, "core.shelf": 7})
    assert not quiet.is_due(box)
    one = Progress({"core.box": 5, "core.shelf": 7}, {"core.box": 6, "core.shelf": 7})
    assert one.is_due(box)
    assert not one.is_everything(box)
    assert one.parameters(box)["since_box"] == 5
    all_of_it = Progress({"core.box": 5, "core.shelf": 7}, {"core.box": 5, "core.shelf": 8})
    assert all_of_it.is_everything(box)
    assert all_of_it.parameters(box)["since_box"] == 0
    assert all_of_it.parameters(box)["since_shelf"] == 7


def test_a_file_that_only_says_when_is_written_whole_then_and_at_no_other_time() -> None:
    box = file("-- again with: core.box, core.shelf\nselect 1")
    quiet = Progress({"core.box": 5, "core.shelf": 7}, {"core.box": 5, "core.shelf": 7})
    assert not quiet.is_due(box)
    one = Progress({"core.box": 5, "core.shelf": 7}, {"core.box": 5, "core.shelf": 8})
    assert one.is_due(box)
    assert one.is_everything(box)
    rebuilt = Progress({"core.box": 0, "core.shelf": 0}, {"core.box": 5, "core.shelf": 0})
    assert rebuilt.is_due(box)
    # Of what a vendor does not have there is never a first row.
    without = Progress({"core.box": 5, "core.shelf": 0}, {"core.box": 5, "core.shelf": 0})
    assert not without.is_due(box)
    assert not without.is_due(file("-- rows: core.shelf\nselect 1"))


def test_a_file_without_a_say_is_always_due_and_whole() -> None:
    nobody = Progress({}, {})
    assert nobody.is_due(file("select 1"))
    assert nobody.is_everything(file("select 1"))


# --- what is written -----------------------------------------------------------------------------


@pytest.fixture
def boxes(warehouse: Connection) -> Iterator[Connection]:
    with warehouse.transaction(force_rollback=True):
        for statement in (
            "create table core.box (agreement_id text, box_number text, lid text, change_seq bigint)",
            "create table mart.fact_box (box_key bigint primary key, agreement_key bigint not null, "
            "box_number text not null, lid_key bigint not null, weight numeric(19, 4))",
            "insert into core.box values ('one', '1', 'A', 3), ('one', '2', null, 4), "
            "('two', '1', 'A', 9)",
            "insert into core.key_map (agreement_id, kind, source_key) values ('one', 'lid', 'A')",
        ):
            warehouse.execute(statement)
        yield warehouse


SELECT = (
    "select b.box_number as box_key, b.box_number, b.lid as lid_key, {} as weight from core.box as b "
    "where b.agreement_id = %(agreement_id)s and b.change_seq > %(since_box)s"
)


def write(connection: Connection, text: str, since: int = 0, reached: int = 5) -> Changes:
    progress = Progress({"core.box": since}, {"core.box": reached})
    parameters = {"agreement_id": "one", "agreement_key": 11}
    connection.execute("drop table if exists written_fact_box")
    box = file(text)
    tables = catalogue.named(connection, [box.target])
    writer = Writer(connection, tables, parameters, progress)
    changes = writer.write(box)
    writer.forget()
    return changes


def shown(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select f.box_number, k.source_key, f.lid_key, f.weight::text from mart.fact_box as f "
        "inner join core.key_map as k on k.key = f.box_key and k.kind = 'box' order by 1"
    ).fetchall()


def test_numbers_become_keys_and_only_what_differs_is_written(boxes: Connection) -> None:
    text = "-- rows: core.box\n-- key order: box_number\n" + SELECT
    assert write(boxes, text.format("2.00004")) == Changes(2, 0, 0)
    [(lid,)] = boxes.execute("select key from core.key_map where kind = 'lid'").fetchall()
    assert shown(boxes) == [("1", "1", lid, "2.0000"), ("2", "2", -3, "2.0000")]
    # Rounded as the column is, so that it is the same again.
    assert write(boxes, text.format("2.00001")) == Changes(0, 0, 0)
    boxes.execute("update core.box set lid = 'B', change_seq = 6 where box_number = '2'")
    assert write(boxes, text.format("3"), since=5, reached=6) == Changes(0, 1, 0)
    assert shown(boxes) == [("1", "1", lid, "2.0000"), ("2", "2", -1, "3.0000")]
    assert write(boxes, text.format("4"), since=6, reached=6) == Changes(0, 0, 0)


def test_rows_nobody_knows_go_when_everything_is_written(boxes: Connection) -> None:
    text = "-- rows: core.box\n-- key order: box_number\n" + SELECT.format("null")
    write(boxes, text)
    boxes.execute(
        "insert into mart.fact_box values (-1, -1, '', -1, 0), (-9, 11, '', -1, 0), (-8, 12, '', -1, 0)"
    )
    boxes.execute("delete from core.box where box_number = '1'")
    assert write(boxes, text, since=4, reached=5) == Changes(0, 0, 0)
    assert write(boxes, text) == Changes(0, 0, 2)
    keys = boxes.execute(
        "select box_key from mart.fact_box where box_key < 0 order by 1"
    ).fetchall()
    assert keys == [(-8,), (-1,)]


def test_rows_of_what_changed_are_compared_and_go_together(boxes: Connection) -> None:
    boxes.execute("alter table core.box add column date date default '2026-01-01'")
    boxes.execute("alter table mart.fact_box add column agreement_id text, add column date date")
    text = (
        "-- rows: core.box by box_number, dated date\n-- new keys: 'box' by box_number from live\n"
        "-- step: live by box_number\nselect b.box_number, b.lid, b.date from changed as c inner join "
        "core.box as b on b.agreement_id = %(agreement_id)s and b.box_number = c.box_number "
        "where b.lid is not null\n-- final\nselect l.box_number as box_key, l.box_number, "
        "l.lid as lid_key, l.date, null as weight from live as l"
    )
    assert write(boxes, text) == Changes(1, 0, 0)
    boxes.execute("update core.box set lid = case when lid is null then 'A' end, change_seq = 6")
    assert write(boxes, text, since=5, reached=6) == Changes(1, 0, 1)
    assert [row[0] for row in shown(boxes)] == ["2"]


def test_a_row_whose_own_key_fits_no_index_is_left_out_by_name(boxes: Connection) -> None:
    long = random_text(5_000)
    boxes.execute(
        "insert into core.box values ('one', %s, 'A', 3), ('one', %s, 'A', 3)", [long, f"{long}0"]
    )
    text = "-- rows: core.box\n-- key order: box_number\n" + SELECT.format("1")
    aside = (
        "select left(source_key, 9), field, left(value, 9), reason from ops.set_aside "
        "where agreement_id = 'one' and entity = 'mart.fact_box'"
    )
    for _ in range(2):
        write(boxes, text)
        assert [number for number, *_ in shown(boxes)] == ["1", "2"]
        assert (
            boxes.execute(aside).fetchall()
            == [(long[:9], "box_key", long[:9], "is too long for a key")] * 2
        )
    boxes.execute("update core.box set box_number = '3' where box_number = %s", [long])
    boxes.execute("delete from core.box where box_number = %s", [f"{long}0"])
    write(boxes, text)
    assert [number for number, *_ in shown(boxes)] == ["1", "2", "3"]
    assert boxes.execute(aside).fetchall() == []


def test_what_differed_in_a_table_that_was_not_looked_at_is_nothing(boxes: Connection) -> None:
    boxes.execute("create table mart.dim_lid (lid_key bigint primary key, name text)")
    boxes.execute("insert into mart.dim_lid values (1, 'A')")
    text = SELECT.format("(select count(w.was) from written_dim_lid as w)")
    box = file(f"-- rows: core.box\n-- key order: box_number\n{text}")
    tables = catalogue.named(boxes, [box.target, "mart.dim_lid"])
    parameters = {"agreement_id": "one", "agreement_key": 11}
    writer = Writer(boxes, tables, parameters, Progress({"core.box": 0}, {"core.box": 5}))
    assert writer.write(box) == Changes(2, 0, 0)
    writer.forget()
    assert {weight for *_, weight in shown(boxes)} == {"0.0000"}


@pytest.mark.parametrize(
    ("select", "problem"),
    [
        ("select '1' as box_key, '1' as box_number, 1 as lid_key, 'x' as color",
         "gives what the table does not have: color"),
        ("select '1' as box_key, 1 as lid_key", "does not give: box_number"),
    ],
)  # fmt: skip
def test_a_select_that_does_not_fit_is_named(boxes: Connection, select: str, problem: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"^mart/fact_box\.sql does not fit mart\.fact_box: it {problem}"
    ):
        write(boxes, select)


def test_what_postgres_cannot_read_is_told_as_it_is(boxes: Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn, match="nonsense"), boxes.transaction():
        write(boxes, "select nonsense")

"""What people do in a company's library, day by day: the same for the same company.

Day 0 is what there is at first. Days go around after eight: the budget is saved twice with other numbers; a file is renamed; an account comes
to another one of the group's, and a file is new; that one is moved out of its folder; the budget is saved while somebody downloads
it; somebody types a text where an amount belongs; it is corrected; something that is no content changes.
"""

from __future__ import annotations

from sandbox.books.company import Company

from .charts import mapping
from .library import Library
from .papers import budget, styled

FOLDER = "Budgetter/2026"
BUDGET = f"{FOLDER}/Budget 2026.xlsx"
ODD = f"{FOLDER}/Afdeling Ærø & Møn #1, 100% 📊.xlsx"
STYLES = "Budgetter/Stile"
CHART = "Kontoplan/Koncernkontoplan.xlsx"
DAYS = 8
#: More files than fit on a page of changes.
_OLD = 30
#: Departments that have a file of their own: of files that share one, the newest counts.
_ODD, _NEW = ("5",), ("4",)


def begin(library: Library, company: Company, *, with_styles: bool = False) -> None:
    """What is there before the first day."""
    library.put(BUDGET, budget(company, 0))
    library.put(ODD, budget(company, 1_000, departments=_ODD), by="salg@fjordgruppen.example")
    library.put(f"{FOLDER}/~$Budget 2026.xlsx", b"\x05Kari Nordmann".ljust(165, b"\x00"))
    library.put(f"{FOLDER}/Noter.docx", b"PK\x03\x04 no workbook")
    library.put(f"{FOLDER}/Tom.xlsx", b"")
    library.put(f"{FOLDER}/Kladder/Budget 2026.xlsx", budget(company, 2_000))
    library.put(CHART, mapping(company, 0))
    library.put(
        "Drop/budget.csv", "Konto;Måned;Beløb\r\n1010;2026-01;1.234,50\r\n".encode("cp1252")
    )
    for n in range(_OLD):
        library.put(f"Arkiv/{2000 + n}.csv", f"Konto;Beløb\n1010;{n},00\n".encode())
    for path, paper in styled(company) if with_styles else ():
        library.put(f"{STYLES}/{path}", paper)


def live(library: Library, company: Company, day: int) -> None:
    """What they do on that day, from 1 on."""
    doing = day % DAYS
    # Whoever would have saved it during yesterday's download does so no more.
    library.saved_meanwhile.pop(library.at(BUDGET).id, None)
    if doing == 1:
        library.put(BUDGET, budget(company, day))
        library.put(BUDGET, budget(company, day + 1))
    elif doing == 2:
        for n, name in enumerate(_of_day(library, day)[:1]):
            library.rename(f"{FOLDER}/{name}", f"Omdøbt {day}-{n} æøå.xlsx")
    elif doing == 3:
        library.put(f"{FOLDER}/Ny {day}.xlsx", budget(company, 3_000 + day, departments=_NEW))
        library.put(CHART, mapping(company, day // DAYS + 1))
    elif doing == 4:
        library.move(f"{FOLDER}/Ny {day - 1}.xlsx", "Arkiv")
    elif doing == 5:
        library.put(BUDGET, budget(company, day))
        library.saved_meanwhile[library.at(BUDGET).id] = [budget(company, day + 1)]
    elif doing == 6:
        library.put(BUDGET, budget(company, day, is_wrong=True))
    elif doing == 7:
        library.put(BUDGET, budget(company, day))
    else:
        library.delete(f"Arkiv/Ny {day - DAYS + 3}.xlsx")
        library.touch(BUDGET)


def _of_day(library: Library, day: int) -> list[str]:
    """The files that are renamed on such days: the odd one, under whatever name it has."""
    names = (n.name for n in library.children(library.at(FOLDER).id) if n.kind == "file")
    return sorted(n for n in names if n.startswith(("Afdeling", "Omdøbt")))

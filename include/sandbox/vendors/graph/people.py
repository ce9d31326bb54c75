"""What people do in a company's library, day by day: the same for the same company.

Day 0 is what there is at first. Days go around after six: the budget is saved with other numbers; a file is renamed; one is moved out
of its folder; one is deleted, one is new; the budget is saved while somebody downloads it; something that is no content changes.
"""

from __future__ import annotations

from .library import Library
from .workbooks import budget, mapping

FOLDER = "Budgetter/2026"
BUDGET = f"{FOLDER}/Budget 2026.xlsx"
ODD = f"{FOLDER}/Afdeling Ærø & Møn #1, 100% 📊.xlsx"
CHART = "Kontoplan/Koncernkontoplan.xlsx"
#: More files than fit on a page of changes.
_OLD = 30


def begin(library: Library, seed: int) -> None:
    """What is there before the first day."""
    library.put(BUDGET, budget(seed, 0))
    library.put(ODD, budget(seed + 1, 0), by="salg@fjordgruppen.example")
    library.put(f"{FOLDER}/~$Budget 2026.xlsx", b"\x05Kari Nordmann".ljust(165, b"\x00"))
    library.put(f"{FOLDER}/Noter.docx", b"PK\x03\x04 no workbook")
    library.put(f"{FOLDER}/Tom.xlsx", b"")
    library.put(f"{FOLDER}/Kladder/Budget 2026.xlsx", budget(seed + 2, 0))
    library.put(CHART, mapping(seed, 0))
    library.put(
        "Drop/budget.csv", "Konto;Måned;Beløb\r\n1010;2026-01;1.234,50\r\n".encode("cp1252")
    )
    for n in range(_OLD):
        library.put(f"Arkiv/{2000 + n}.csv", f"Konto;Beløb\n1010;{n},00\n".encode())


def live(library: Library, seed: int, day: int) -> None:
    """What they do on that day, from 1 on."""
    doing = day % 6
    if doing == 1:
        library.put(BUDGET, budget(seed, day))
        library.put(BUDGET, budget(seed, day + 1))
    elif doing == 2:
        for n, name in enumerate(_of_day(library, day)[:1]):
            library.rename(f"{FOLDER}/{name}", f"Omdøbt {day}-{n} æøå.xlsx")
    elif doing == 3:
        library.put(f"{FOLDER}/Ny {day}.xlsx", budget(seed + day, 0))
        library.put(CHART, mapping(seed, day))
    elif doing == 4:
        library.move(f"{FOLDER}/Ny {day - 1}.xlsx", "Arkiv")
    elif doing == 5:
        library.put(BUDGET, budget(seed, day))
        library.saved_meanwhile[library.at(BUDGET).id] = [budget(seed, day + 1)]
    else:
        library.delete(f"Arkiv/Ny {day - 3}.xlsx")
        library.touch(BUDGET)


def _of_day(library: Library, day: int) -> list[str]:
    """The files that are renamed on such days: the odd one, under whatever name it has."""
    names = (n.name for n in library.children(library.at(FOLDER).id) if n.kind == "file")
    return sorted(n for n in names if n.startswith(("Afdeling", "Omdøbt")))

"""Write schema.json: the arguments of the resources that infrastructure/ uses, as the provider itself declares them.

    pip download --no-deps --dest FOLDER cdktf-cdktf-provider-azurerm==14.23.1
    python -m tests.infrastructure.extract FOLDER/cdktf_cdktf_provider_azurerm-14.23.1-py3-none-any.whl

The source: HashiCorp's bindings for CDK for Terraform, which were generated out of the schema of azurerm 4.55.0
(MPL-2.0). They hold each argument's name, type, and whether it must be given. They do not hold which optional
arguments Azure fills by itself, nor the words a text may be; neither is checked here.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.infrastructure.schema import FILE, SOURCE

PROJECT = Path(__file__).parents[2]
_USED = re.compile(r'^(resource|data) "azurerm_(\w+)"', re.M)
_ARGUMENT = re.compile(
    r"^ {8,12}(\w+): \{\n\s+value: (.*),\n\s+isBlock: (\w+),\n\s+type: \"(\w+)\",\n\s+storageClassType: \"(\w+)\"",
    re.M,
)
_COMPUTED = re.compile(
    r"return this\.get(String|Number|Boolean|List|StringMap|NumberList)Attribute\('(\w+)'\)"
)
_SIMPLE = {"string": "string", "number": "number", "boolean": "bool"}
_MANY = {"stringList": "string", "numberList": "number", "stringMap": "string"}
_GIVEN = {
    "String": "string", "Number": "number", "Boolean": "bool", "List": "list(string)",
    "StringMap": "map(string)", "NumberList": "list(number)",
}  # fmt: skip


def main(wheel: Path) -> None:
    used = sorted({found for path in _files() for found in _USED.findall(path.read_text())})
    tree: dict[str, Any] = {"source": SOURCE, "resource": {}, "data": {}, "provider": {}}
    with zipfile.ZipFile(wheel) as packed:
        [name] = [name for name in packed.namelist() if name.endswith(".jsii.tgz")]
        bindings = packed.read(name)
    wanted = {(kind, name): _folder(kind, name) for kind, name in used}
    wanted["provider", "azurerm"] = "provider"
    with tarfile.open(fileobj=io.BytesIO(bindings), mode="r:gz") as opened:
        texts = _texts(opened, set(wanted.values()))
    for (kind, name), folder in wanted.items():
        tree[kind][f"azurerm_{name}"] = _resource(*texts[folder])
    FILE.write_text(json.dumps(tree, indent=1, sort_keys=True) + "\n")
    print(f"{FILE.relative_to(PROJECT)}: {len(used)} kinds")


def _files() -> Iterator[Path]:
    return (PROJECT / "infrastructure").rglob("*.tf")


def _folder(kind: str, name: str) -> str:
    return ("data-azurerm-" if kind == "data" else "") + name.replace("_", "-")


def _texts(bindings: tarfile.TarFile, folders: set[str]) -> dict[str, tuple[str, str]]:
    """Per folder: the code and its types."""
    found: dict[tuple[str, str], str] = {}
    for member in bindings:
        parts = member.name.split("/")
        if len(parts) == 4 and parts[1] == "lib" and parts[2] in folders:
            file = bindings.extractfile(member)
            found[parts[2], parts[3]] = file.read().decode() if file else ""
    return {name: (found[name, "index.js"], found[name, "index.d.ts"]) for name in folders}


def _resource(code: str, types: str) -> dict[str, object]:
    [(name, body)] = re.findall(
        r"^class (\w+) extends cdktf\.Terraform(?:Resource|DataSource|Provider) \{\n(.*?)^\}",
        code,
        re.M | re.S,
    )
    arguments = body.partition("synthesizeHclAttributes")[2]
    return _block(f"{name}Config", arguments, body, code, types)


def _block(name: str, arguments: str, getters: str, code: str, types: str) -> dict[str, object]:
    """name: of the interface that says what must be given. getters: what can be read of it."""
    must = _required(name, types)
    attributes: dict[str, str] = {}
    blocks: dict[str, object] = {}
    for argument, value, is_block, kind, storage in _ARGUMENT.findall(arguments):
        if is_block == "true":
            inner = storage.removesuffix("List")
            of = _nested(inner, code, types)
            nesting = "single" if kind == "struct" else kind
            is_one = nesting != "single" and "istMapper" not in value
            blocks[argument] = {
                "nesting": nesting,
                **of,
                **({"max": 1} if is_one else {}),
                **({"min": 1} if argument in must else {}),
            }
        else:
            attributes[argument] = _type(kind, storage) + ("!" if argument in must else "")
    if "id" in attributes and "mport" in getters:
        attributes["id"] = "string="  # the bindings let it be set; Azure gives it
    for given, attribute in _COMPUTED.findall(getters):
        attributes.setdefault(attribute, _GIVEN[given] + "=")
    return {"attributes": attributes, **({"blocks": blocks} if blocks else {})}


def _nested(name: str, code: str, types: str) -> dict[str, object]:
    function = name[0].lower() + name[1:] + "ToHclTerraform"
    [arguments] = re.findall(rf"^function {function}\(struct\) \{{\n(.*?)^\}}", code, re.M | re.S)
    getters = re.findall(rf"^class {name}OutputReference .*?^\}}", code, re.M | re.S)
    return _block(name, arguments, "".join(getters), code, types)


def _required(name: str, types: str) -> set[str]:
    """Arguments without a question mark; their names as Terraform writes them are in the links above them."""
    [body] = re.findall(
        rf"^export interface {name} (?:extends .*?)?\{{\n(.*?)^\}}", types, re.M | re.S
    )
    return set(re.findall(r"#(\w+)\}\n(?:[^/]*?)\*/\n\s+readonly \w+:", _docs(body)))


def _docs(body: str) -> str:
    """`#name Class#name}` as `#name}`."""
    return re.sub(r"#(\w+) \w+#\w+\}", r"#\1}", body)


def _type(kind: str, storage: str) -> str:
    if kind == "simple":
        return _SIMPLE[storage]
    if storage in _MANY:
        return f"{kind}({_MANY[storage]})"
    raise ValueError(f"unknown type {kind} of {storage}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

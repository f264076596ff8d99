"""The tests keep their own house: what they share lies in tests/support, and the app is tested as it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
MODULES = sorted(TESTS.rglob("*.py"))
CLOCKS_AND_DRAWS = {"utcnow", "clock", "time", "draw"}  # what the app asks for the time and for chance
PATCHES = {"setattr", "setitem", "delattr", "delitem"}


def _told(path: Path) -> list[str]:
    """The modules that a module imports, with each name that it takes from them."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(path.relative_to(TESTS.parent).parts[: -node.level]) if node.level else ""
            module = ".".join(filter(None, (package, node.module)))
            found += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return found


def _is_of_tests_alone(name: str) -> bool:
    parts = name.split(".")
    return parts[0] == "tests" and any(part.startswith("test_") or part == "conftest" for part in parts[1:])


def _imported(tree: ast.AST) -> dict[str, str]:
    """The names that stand for something of the app, with what they stand for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
    return {name: whole for name, whole in names.items() if whole.split(".")[0] == "webapp"}


def _patched(source: str) -> Iterator[str]:
    """What a module patches of the app, as dotted names."""
    tree = ast.parse(source)
    ours = _imported(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        target = node.args[0]
        if node.func.attr not in PATCHES:
            continue
        if isinstance(target, ast.Constant):
            whole = str(target.value)
        else:
            root, _dot, rest = ast.unparse(target).partition(".")
            name = ast.literal_eval(node.args[1]) if isinstance(node.args[1], ast.Constant) else "?"
            whole = ".".join(filter(None, (ours.get(root, root), rest, str(name))))
        if whole.split(".")[0] == "webapp":
            yield whole


def test_no_module_imports_a_test_or_a_conftest():
    imports = {path.name: [name for name in _told(path) if _is_of_tests_alone(name)] for path in MODULES}
    assert {name: found for name, found in imports.items() if found} == {}


def test_nothing_of_the_app_is_patched_but_clocks_and_draws():
    patched = [whole for path in MODULES for whole in _patched(path.read_text())]
    assert patched, "the clocks at least"
    assert [whole for whole in patched if whole.rpartition(".")[2] not in CLOCKS_AND_DRAWS] == []
    assert [path.name for path in MODULES if {"mock", "unittest.mock"} & set(_told(path))] == []


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ('from webapp.core import leases\npatch.setattr(leases, "held", None)', "webapp.core.leases.held"),
        (
            'from webapp.core import leases\npatch.setattr(leases.db.session, "get", 1)',
            "webapp.core.leases.db.session.get",
        ),
        ('import webapp.core as core\npatch.setitem(core.ALL, "a", 1)', "webapp.core.ALL.a"),
        ('patch.setattr("webapp.core.dates.utcnow", None)', "webapp.core.dates.utcnow"),
    ],
)
def test_a_patch_is_seen_however_it_is_written(line: str, whole: str):
    assert list(_patched(line)) == [whole]

"""The page about the architecture shows the import contracts, and names files that are there; the code keeps to it."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/architecture.md").read_text()


def _picture() -> list[set[str]]:
    """The words of each layer, top first: two blanks or more part them from what they are for."""
    drawn = re.search(r"```\n(.*?)```", PAGE, re.DOTALL)
    assert drawn
    return [set(re.split(r"\s{3,}", line)[0].split()) for line in drawn[1].splitlines()]


def test_the_picture_shows_the_layers_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["name"] == "imports point one way")
    assert _picture() == [set(re.split(r"\s*[|:]\s*", layer)) for layer in layers]


def test_every_folder_of_the_app_stands_in_the_picture() -> None:
    folders = {path.parent.name for path in (ROOT / "webapp").glob("*/__init__.py")}
    assert folders <= set().union(*_picture())


def test_what_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|html))", PAGE))
    missing = {name for name in named if not ((ROOT / "webapp" / name).exists() or (ROOT / name).exists())}
    assert named and not missing
    for path, function in re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py):\s+([A-Za-z_]+)`", PAGE):
        assert re.search(rf"^(def|class) {function}\b", (ROOT / "webapp" / path).read_text(), re.MULTILINE), function


def test_what_templates_say_that_they_need_is_there() -> None:
    templates, missing = ROOT / "webapp/templates", set()
    for path in templates.rglob("*.html"):
        first = path.read_text().partition("\n")[0]
        assert first.startswith(f"{{# {path.relative_to(templates)} ") and "Needs: " in first, path
        named = re.findall(r"what ([a-z_/]+\.html) needs", first)
        missing |= {name for name in named if not ((path.parent / name).exists() or (templates / name).exists())}
        missing |= {name for name in re.findall(r"webapp/[a-z_/]+\.py", first) if not (ROOT / name).exists()}
    assert missing == set()


def test_views_and_forms_are_private_to_their_feature() -> None:
    graph = grimp.build_graph("webapp", exclude_type_checking_imports=True)
    private = re.compile(r"webapp\.([a-z_]+)\.(views|forms)(\.|$)")
    crossings = {
        (importer, module)
        for module in graph.modules
        if (owner := private.match(module))
        for importer in graph.find_modules_that_directly_import(module)
        if importer != "webapp" and not importer.startswith(f"webapp.{owner[1]}.")
    }
    assert crossings == set()


def test_one_class_name_is_one_class() -> None:
    modules = [ast.parse(path.read_text()) for path in (ROOT / "webapp").rglob("*.py")]
    names = Counter(node.name for tree in modules for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert names and {name for name, count in names.items() if count > 1} == set()


def test_no_service_and_no_query_commits() -> None:
    """Whoever called them does: a view, a job or a hook."""
    paths = [path for name in ("service", "queries") for path in (ROOT / "webapp").glob(f"*/{name}.py")]
    committing = {
        f"{path.parent.name}/{path.name}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "purge"}
    }
    assert len(paths) > 20 and committing == set()


def test_no_view_asks_the_database_itself() -> None:
    paths = [path for path in (ROOT / "webapp").rglob("*.py") if "views" in {path.stem, path.parent.name}]
    asking = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"execute", "get", "get_one", "query", "scalar", "scalars"}
        and ast.unparse(node.value) == "db.session"
    }
    assert len(paths) > 20 and asking == set()


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "webapp").rglob("*.py")}
    assert lengths and {str(path.relative_to(ROOT)) for path, length in lengths.items() if length > 300} == set()

"""Which tests concern what changed since origin/main: `python -m tools.related` prints them for `make test-fast`."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
EVERYTHING = "tests"
# A change there is seen by its own tests; everything else that belongs to no feature concerns all of them.
OWN = {
    "bench": {"tests/bench"},
    "deploy": {"tests/deploy", "tests/test_proxy.py", "tests/recordings/test_media_auth.py"},
    "docs": {"tests/test_readme.py", "tests/test_architecture.py"},
    "migrations": {"tests/migrations"},
    "simulator": {"tests/simulator"},
    "tools": {"tests/test_tools.py"},
    "webapp/support": {"tests/support_page"},
    "webapp/templates/support": {"tests/support_page"},
    "webapp/translations": {"tests/test_translations.py"},
}
# All features stand on these: their own tests see the least of what a change there breaks.
FOUNDATIONS = ("tests/support", "webapp/core", "webapp/livekit", "webapp/matching", "webapp/rules")
DOCUMENTS = ("tests/test_readme.py", "tests/test_contributing.py")


def tests_of(changed: str) -> set[str]:
    """The tests that a changed file concerns."""
    path = Path(changed)
    if any(path.is_relative_to(folder) for folder in FOUNDATIONS):
        return {EVERYTHING}
    if path.parts[0] == "tests":
        return _tests_of_a_test(path)
    if len(path.parts) == 1:
        return set(DOCUMENTS) if path.suffix == ".md" or path.name.startswith(".") else {EVERYTHING}
    for folder, tests in OWN.items():
        if path.is_relative_to(folder):
            return set(tests)
    feature = path.parts[2] if path.parts[:2] == ("webapp", "templates") else path.parts[1]
    of_feature = f"tests/{feature}"
    return {of_feature} if path.parts[0] == "webapp" and (ROOT / of_feature).is_dir() else {EVERYTHING}


def _tests_of_a_test(path: Path) -> set[str]:
    """A module of tests is run by itself, what its folder shares concerns the folder, what all share concerns all."""
    if path.parts[1] == "browser":
        return set()
    if path.name.startswith("test_"):
        return {str(path)}
    return {str(path.parent)} if len(path.parts) > 2 and any((ROOT / path.parent).glob("test_*.py")) else {EVERYTHING}


def related(changed: Iterable[str]) -> list[str]:
    """What to run for these files, all of it where nothing or too much changed; no folder beside its own files."""
    chosen = {test for file in changed for test in tests_of(file)}
    there = {test for test in chosen if (ROOT / test).exists()}
    if EVERYTHING in there or not there:
        return [EVERYTHING]
    return sorted(test for test in there if not any(str(parent) in there for parent in Path(test).parents))


def changed_files() -> list[str]:
    """What differs from where this branch left origin/main, new files too; none where there is no origin/main."""
    base = _git("merge-base", "origin/main", "HEAD")
    if not base:
        return []
    return [*_git("diff", "--name-only", base[0]), *_git("ls-files", "--others", "--exclude-standard")]


def _git(*words: str) -> list[str]:
    """The lines that git prints; none when it fails."""
    done = subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.splitlines() if done.returncode == 0 else []


if __name__ == "__main__":
    sys.stdout.write(" ".join(related(changed_files())) + "\n")

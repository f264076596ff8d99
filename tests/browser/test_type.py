"""Letters are those of the product, in every language of it, and come from the product itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request

from tests.support.demo import Site

WIDTHS = """() => {
  const measure = (family, text) => {
    const context = document.createElement("canvas").getContext("2d");
    context.font = `16px ${family}`;
    return context.measureText(text).width;
  };
  const both = ['"Inter Variable", monospace', "monospace"];
  return document.fonts.ready.then(() => both.map((family) => measure(family, "TEXT")));
}"""


@pytest.mark.parametrize("text", ["Housing committee, 29", "Réunion à l’hôtel", "Łódź i Třebíč"])
def test_a_page_is_set_in_the_font_that_comes_with_it(open_page: Callable[[bool], Page], site: Site, text: str):
    page = open_page(True)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.resource_type == "font" else None)
    page.goto(f"{site.url}/login")
    page.evaluate(f"document.querySelector('h1').textContent = {text!r}")
    ours, other = page.evaluate(WIDTHS.replace("TEXT", text))
    assert ours != other
    latin = [request.url for request in asked if "latin.woff2" in request.url]
    assert len(latin) == 1, "what is preloaded is what the style names"
    assert all(request.url.startswith(site.url) for request in asked)

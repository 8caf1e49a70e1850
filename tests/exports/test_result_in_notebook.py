"""How a result shows itself: HTML of its own, two lines of text, pictures that need no pyplot."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from IPython.core.formatters import DisplayFormatter
from small_deals import small_deal, small_market

import sim
import sim.exports.notebook
import sim.report.histogram
from sim.errors import InvalidInput
from sim.exports.events import chances
from sim.report.words import listed_paths
from sim.simulation import simulate

_VOID = {"br", "img", "hr", "input", "meta", "link"}


class Page(HTMLParser):
    """Reads HTML strictly: every element is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += attributes
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + "\n"


def test_every_kind_of_result_shows_itself(any_run):
    page = Page(any_run._repr_html_())
    assert any_run.scenario.name in page.text
    assert page.seen.count("table") == (2 if listed_paths(any_run) else 0)
    assert "nan" not in page.text.lower()
    if listed_paths(any_run) > 1:
        assert "± " in page.text
        assert page.seen.count("tr") == 1 + 10 + 1 + len(list(chances(any_run)))


def test_it_has_the_answer_the_prices_and_the_chances(whole):
    page = Page(whole._repr_html_())
    told = page.text
    for words in ("Close: median", "close, return", "VWAP, HK$", "closes below the offer", "seed 7"):
        assert words in told
    assert re.search(r"close, return\n[+-][\d.]+% ± [\d.]+%\n", told)
    assert "deal withdrawn" not in told


def test_it_takes_the_colours_of_the_page_and_nothing_from_elsewhere(named):
    html = named("lock_up")._repr_html_()
    page = Page(html)
    assert {name for name, _ in page.attributes} == {"style"}
    assert not re.search(r"#[0-9a-f]{3}|\brgba?\(|color:(?!inherit)|url\(|<(script|style|link|img)", html)
    assert "end of the lock-up" in page.text


def test_an_interruption_and_a_withdrawal_are_told(named):
    assert "interrupted; the figures rest" in named("interrupted")._repr_html_()
    assert "withdrawn on all 2,000 paths" in named("withdrawn")._repr_html_()
    assert "stopped before its first paths" in named("interrupted_at_once")._repr_html_()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "&amp;", "a +- b"])
def test_a_name_is_text(name):
    result = simulate(small_deal({"name": name, "simulation.paths": 50}), market=small_market(), fan=False)
    page = Page(result._repr_html_())
    assert set(page.seen) <= {"div", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert name.replace(" +- ", " ± ") in page.text


def test_as_text_it_is_two_lines(any_run):
    told = repr(any_run)
    assert len(told.splitlines()) == 2
    assert len(told) < 400
    assert any_run.scenario.name in told


def test_ipython_shows_result_and_pictures(whole):
    shown, _ = DisplayFormatter().format(whole)
    assert set(shown) == {"text/plain", "text/html"}
    for picture in ("histogram", "fan"):
        shown, more = DisplayFormatter().format(whole.plot(picture))
        assert shown["image/png"].startswith(b"\x89PNG")
        assert more["image/png"]["width"] == 826


def test_a_picture_can_be_saved(whole, tmp_path):
    whole.plot().savefig(tmp_path / "histogram.png")
    assert (tmp_path / "histogram.png").stat().st_size > 10_000


@pytest.mark.parametrize("picture", ["histogram", "fan"])
def test_plotting_needs_no_pyplot(whole, monkeypatch, picture):
    """Every module that draws is imported again, while pyplot cannot be."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.delattr("matplotlib.pyplot", raising=False)
    monkeypatch.setattr(sim, "report", sim.report)
    monkeypatch.setattr(sim.exports, "notebook", sim.exports.notebook)
    for name in [each for each in sys.modules if re.match(r"sim\.(report|exports\.notebook)\b", each)]:
        monkeypatch.delitem(sys.modules, name)
    assert len(whole.plot(picture).axes) >= 1


def test_an_unknown_picture_is_told(whole):
    with pytest.raises(InvalidInput, match="did you mean 'histogram'"):
        whole.plot("histogramm")


def test_a_fan_that_was_not_drawn_is_told(named):
    with pytest.raises(InvalidInput, match="holds no fan; simulate with fan=True"):
        named("interrupted").plot("fan")


def test_a_result_imports_nothing_heavy():
    program = (
        "import sys, sim.result; "
        "sys.exit(', '.join({'matplotlib', 'pandas', 'xlsxwriter', 'pyarrow', 'rich'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_public_names_are_those_of_the_package():
    import sim

    assert sim.with_changes(small_deal(), {"offer.price": 10.5}).offer.price == 10.5
    assert all(getattr(sim, name) for name in sim.__all__)

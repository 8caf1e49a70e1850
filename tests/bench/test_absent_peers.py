"""A peer without its library is null with its install command; a broken library is an error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from sim.bench import Contender, Load, PeerNotInstalled, run_bench
from sim.bench.peers_jax import JAX_CPU
from sim.bench.peers_mkl import MKL_NORMALS
from sim.bench.peers_quantlib import QUANTLIB_PATHS


def _hide(module: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setitem(sys.modules, module, None)


def _hide_mkl(patch: pytest.MonkeyPatch) -> None:
    def no_files(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    patch.setattr(metadata, "files", no_files)


@pytest.mark.parametrize(
    ("contender", "hide"),
    [(JAX_CPU, _hide("jax")), (QUANTLIB_PATHS, _hide("QuantLib")), (MKL_NORMALS, _hide_mkl)],
    ids=lambda value: value.name if isinstance(value, Contender) else "",
)
def test_a_hidden_library_is_reported_as_not_installed(
    contender: Contender, hide: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch)
    with pytest.raises(PeerNotInstalled):
        contender.prepare(Load(4, 2))


def test_hidden_libraries_give_nulls_and_install_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("jax", "QuantLib"):
        (tmp_path / f"{module}.py").write_text(
            f"raise ModuleNotFoundError('No module named {module}', name='{module}')\n", encoding="utf-8"
        )
    monkeypatch.syspath_prepend(str(tmp_path))
    document = run_bench(4, 2, 1, 1, roster={"ns_per_path_step": (JAX_CPU, QUANTLIB_PATHS)}, turn_seconds=0.0)
    assert document["ns_per_path_step"] == {"firstday": None, "jax_cpu": None, "quantlib_paths": None}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        'jax_cpu: jax is not installed; pip install "firstday[bench]"',
        'quantlib_paths: QuantLib is not installed; pip install "firstday[bench]"',
    ]


@pytest.mark.parametrize(("module", "contender"), [("jax", JAX_CPU), ("QuantLib", QUANTLIB_PATHS)])
def test_a_library_that_lacks_a_part_of_its_own_is_an_error(
    module: str, contender: Contender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{module}.py").write_text("import a_part_that_is_not_there\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(ModuleNotFoundError, match="a_part_that_is_not_there"):
        contender.prepare(Load(4, 2))

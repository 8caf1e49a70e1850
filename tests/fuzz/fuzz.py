"""Fuzz a target, guided by coverage: ``python tests/fuzz/fuzz.py scenario -max_total_time=3600 FOLDER``.

Needs the extra ``fuzz``. ``FOLDER`` collects inputs that reach new code; what crashes is written to the working
directory, and belongs into ``tests/fuzz/found/`` once it is mended. Other options are libFuzzer's.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sim", "ruamel.yaml"]):
    import targets


def dictionary(seeds: list[bytes]) -> str:
    """Words of the seeds, as libFuzzer reads them: field names and values are hard to hit letter by letter."""
    words = {word for seed in seeds for word in re.findall(rb"[A-Za-z0-9_.\-]{2,40}", seed)}
    return "".join(f'"{word.decode()}"\n' for word in sorted(words))


def main() -> None:
    """Fuzz the target that the first argument names."""
    name = sys.argv[1]
    seeds = list(targets.seeds(name))
    folders = [Path(argument) for argument in sys.argv[2:] if not argument.startswith("-")]
    for folder in folders[:1]:
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (folder / f"seed-{number}").write_bytes(seed)
    with tempfile.NamedTemporaryFile("w", suffix=".dict") as words:
        words.write(dictionary(seeds))
        words.flush()
        atheris.Setup([sys.argv[0], f"-dict={words.name}", *sys.argv[2:]], targets.TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()

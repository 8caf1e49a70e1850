"""Kill -9 at every step that a writer takes in the file system: the earlier result or the new one, no mixture."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from disturbed import PATIENCE, files_of, names_in, wait_until

from sim.errors import InvalidInput
from sim.studies.directory import write_directory
from sim.whole import exchanged, folder_beside

# Forks the writer once for each of its steps. The fork kills itself at that step: the audit hooks of Python tell of
# every file that is opened, made, renamed or removed, and one step more lies between them and the system's call.
KILLED_AT_EVERY_STEP = """
import json, os, shutil, signal, sys
from pathlib import Path
out, writer, swaps = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "swaps"
sys.path.insert(0, {tests!r})
import sim.whole
if not swaps:
    sim.whole.exchanged = lambda *_: False
STEPS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree", "tempfile.mkdtemp")

if writer == "run":
    import ctypes
    from small_deals import small_deal, small_market
    from sim.run_directory import write_run
    from sim.simulation import simulate
    results = [simulate(small_deal({{"simulation.seed": seed}}), market=small_market(), fan=False) for seed in (1, 2)]
    def draw(_, folder):
        (folder / "histogram.png").write_bytes(b"a picture")
    def write(number):
        write_run(results[number], out, draw)
elif writer == "study":
    import ctypes
    from sim.studies.directory import write_directory
    def write(number):
        write_directory(out, frozenset(["a", "b"]), {{"a": str(number) * 5000, "b": str(number)}})
elif writer in ("part", "dataset"):
    import hashlib
    from sim.studies.sweep.checkpoint import SweepDirectory
    directory = SweepDirectory(out, "a sweep")
    def write(number):
        with directory.locked():
            directory.begin({{}})
            if writer == "part":
                directory.write(0, str(number).encode() * 5000)
            else:
                with directory.beside_dataset() as beside:
                    beside.write_text(str(number) * 5000)
else:
    from sim.exports.files import write_whole
    def write(number):
        write_whole(out, lambda place: place.write_text(str(number) * 5000))

def forked(number, last):
    child = os.fork()
    if child == 0:
        seen = 0
        def step(event, arguments):
            nonlocal seen
            if event in STEPS and str(out.parent) in str(arguments):
                seen += 1
                if seen == last:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(step)
        write(number)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status

def content():
    if writer == "part":
        # A part that is damaged is none: it is simulated again.
        found = directory.read(0)
        return None if found is None else found.decode()
    if writer == "dataset":
        return directory.dataset.read_text() if directory.dataset.exists() else None
    files = out.rglob("*") if out.is_dir() else [out]
    return {{path.name: path.read_bytes().hex() for path in files if path.is_file()}}

assert forked(0, 0) == 0
first = content()
assert forked(1, 0) == 0
second = content()
assert first != second
told = []
last = 1
while True:
    assert forked(0, 0) == 0 and content() == first
    left = [path for path in out.parent.iterdir() if path != out]
    if not swaps:
        old = [path for path in left if path.name.startswith("." + out.name + "-old-")]
        left = [path for path in left if path not in old]
        for path in old:
            shutil.rmtree(path)
    assert left == [], left
    status = forked(1, last)
    now = content()
    told.append("first" if now == first else "second" if now == second else "none" if not now else "mixture")
    if status == 0:
        break
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not out.exists() and not swaps:
        # Two renames and a kill between them: the earlier run lies under a name that nothing cleans.
        kept = [path for path in out.parent.iterdir() if path.name.startswith("." + out.name + "-old-")]
        assert len(kept) == 1
        kept[0].rename(out)
        assert content() == first
    last += 1
print(json.dumps(told))
"""


def killed_at_every_step(folder, writer, swaps):
    program = KILLED_AT_EVERY_STEP.format(tests=str(Path(__file__).parents[1]))
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder / "it"), writer, swaps],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("writer", ["run", "study", "file", "part", "dataset"])
def test_a_writer_killed_at_any_step_leaves_the_earlier_result_or_the_new_one(tmp_path, writer):
    told = killed_at_every_step(tmp_path, writer, "swaps")
    assert len(told) > 5
    assert set(told) == {"first", "second"}
    assert told == sorted(told)


def test_without_a_swap_the_earlier_result_is_still_there_under_another_name(tmp_path):
    told = killed_at_every_step(tmp_path, "study", "renames")
    assert set(told) == {"first", "none", "second"}


def test_directories_swap_in_one_step(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert exchanged(tmp_path / "one", tmp_path / "other")
    assert (names_in(tmp_path / "one"), names_in(tmp_path / "other")) == (["other"], ["one"])


LEAVES = """
import os, sys, time
from pathlib import Path
from sim.whole import folder_beside
with folder_beside(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print(folder.name, flush=True)
    time.sleep(1000)
"""


def test_what_a_killed_writer_left_goes_and_the_work_of_a_living_one_stays(tmp_path):
    """Nor does anything go that only looks alike."""
    kept = [".firstday-notes", ".firstday-ABCDEFGH", "firstday-abcdefgh", ".firstday-abcdefgh.txt"]
    for name in kept:
        (tmp_path / name).mkdir()
    (tmp_path / ".firstday-afile123").write_text("a file of somebody")
    (tmp_path / ".firstday-alink123").symlink_to(tmp_path / ".firstday-notes")
    kept += [".firstday-afile123", ".firstday-alink123"]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", LEAVES, str(tmp_path / "it")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        names = [writer.stdout.readline().strip() for writer in writers]
        writers[0].kill()
        writers[0].wait()
        wait_until(lambda: (tmp_path / names[1] / "half").exists())
        assert sorted(names_in(tmp_path)) == sorted([*kept, *names])
        with folder_beside(tmp_path / "it") as own:
            assert sorted(names_in(tmp_path)) == sorted([*kept, names[1], own.name])
            assert (tmp_path / names[1] / "half").read_text() == "half"
        assert sorted(names_in(tmp_path)) == sorted([*kept, names[1]])
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()


def test_a_file_system_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    """A network's may have none; then nobody can tell a leftover, and none is touched."""

    def none(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    (tmp_path / ".firstday-abcdefgh").mkdir()
    monkeypatch.setattr("fcntl.flock", none)
    for text in ("one", "two"):
        write_directory(tmp_path / "out", frozenset(["a"]), {"a": text})
        assert files_of(tmp_path / "out") == {"a": text.encode()}
    assert names_in(tmp_path) == [".firstday-abcdefgh", "out"]


def test_what_appears_in_between_is_not_overwritten(tmp_path):
    """A person's file that appears while a study is written keeps the study out."""
    out = tmp_path / "out"

    def meanwhile(_: object) -> None:
        out.mkdir()
        (out / "letter.txt").write_text("mine")

    with pytest.raises(InvalidInput, match=r"other files: letter\.txt"):
        write_directory(out, frozenset(["a"]), {"a": "new"}, meanwhile)
    assert files_of(tmp_path) == {"out/letter.txt": b"mine"}

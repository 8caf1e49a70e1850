"""A few simulations at once; of each page only its newest question waits; beyond that the server says it is busy."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from explore_client import HOME

from sim.explore.guard import authorities
from sim.explore.server import CLOSES_AT_ONCE, MOST_WAITING, explore_app
from sim.explore.turns import Busy, Superseded, Turns


class Gate:
    """Work that holds its place until it is let go, and counts how many hold one."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.done: list[str] = []
        self.at_once = self.most = 0
        self._lock = threading.Lock()

    def work(self, name: str) -> str:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        assert self.open.wait(20.0)
        with self._lock:
            self.at_once -= 1
            self.done.append(name)
        return name


async def started(turns: Turns, gate: Gate, names: list[tuple[str, str]]) -> list[asyncio.Task[str]]:
    """Ask in order; each question has its place before the next one comes."""
    tasks = []
    for page, name in names:
        tasks.append(asyncio.create_task(turns.run(page, lambda name=name: gate.work(name))))
        await asyncio.sleep(0)
    return tasks


def test_no_more_than_allowed_run_at_once_and_all_end():
    async def all_asked() -> Gate:
        gate, turns = Gate(), Turns(2, 10)
        tasks = await started(turns, gate, [(f"page{at}", f"{at}") for at in range(9)])
        gate.open.set()
        assert await asyncio.gather(*tasks) == [f"{at}" for at in range(9)]
        # Every place is free again.
        assert await turns.run("later", lambda: gate.work("later")) == "later"
        return gate

    gate = asyncio.run(all_asked())
    assert gate.most <= 2
    assert len(gate.done) == 10


def test_a_newer_question_of_a_page_takes_the_place_of_the_waiting_one():
    async def all_asked() -> tuple[list[object], list[str]]:
        gate, turns = Gate(), Turns(1, 10)
        tasks = await started(turns, gate, [("a", "a1"), ("a", "a2"), ("b", "b1"), ("a", "a3")])
        gate.open.set()
        return await asyncio.gather(*tasks, return_exceptions=True), gate.done

    answers, done = asyncio.run(all_asked())
    assert isinstance(answers[1], Superseded)
    assert [answers[0], *answers[2:]] == ["a1", "b1", "a3"]
    assert done == ["a1", "b1", "a3"]


def test_too_many_pages_are_told_so():
    async def all_asked() -> list[object]:
        gate, turns = Gate(), Turns(1, 2)
        tasks = await started(turns, gate, [(f"page{at}", f"{at}") for at in range(4)])
        gate.open.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = asyncio.run(all_asked())
    assert isinstance(answers[3], Busy)
    assert answers[:3] == ["0", "1", "2"]


def test_a_question_that_fails_or_is_given_up_frees_its_place():
    async def all_asked() -> str:
        gate, turns = Gate(), Turns(1, 5)

        def fails() -> str:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await turns.run("a", fails)
        first, waiting, last = await started(turns, gate, [("a", "a"), ("b", "b"), ("c", "c")])
        waiting.cancel()
        gate.open.set()
        await first
        return await last

    assert asyncio.run(all_asked()) == "c"


def test_the_server_says_that_it_is_busy(small):
    gate = Gate()

    def slow(*_: object) -> dict[str, str]:
        return {"sentence": gate.work("slow")}

    pages = CLOSES_AT_ONCE + MOST_WAITING + 3

    async def all_asked() -> list[httpx.Response]:
        app = explore_app(small, authorities("127.0.0.1", 8406), answerer=slow)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=HOME, headers={"origin": HOME}) as client:
            body = {"deal": small.identity, "ask": "close"}
            tasks = [
                asyncio.create_task(client.post("/ask", json={**body, "tab": f"t{at}"}))
                for at in range(pages)
            ]
            while sum(task.done() for task in tasks) < 3:
                await asyncio.sleep(0.01)
            gate.open.set()
            return await asyncio.gather(*tasks)

    answers = asyncio.run(all_asked())
    busy = [answer for answer in answers if answer.status_code == 503]
    assert len(busy) == 3
    assert all(answer.headers["retry-after"] == "1" for answer in busy)
    assert sum(answer.status_code == 200 for answer in answers) == pages - 3
    assert gate.most <= CLOSES_AT_ONCE

"""A few simulations at once, and of each page only its newest question."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Superseded(Exception):
    """A newer question of the same page took this one's place."""


class Busy(Exception):
    """Too many pages are waiting."""


class Turns:
    """Runs work in threads, a bounded number at once; belongs to one event loop.

    Parameters
    ----------
    at_once
        Work running at once.
    waiting
        Pages that may wait; of one page only the newest question waits.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = at_once
        self._most = waiting
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def run(self, page: str, work: Callable[[], T]) -> T:
        """Run work when its turn comes.

        Raises
        ------
        Superseded
            When a newer question of the page came while this one waited.
        Busy
            When too many pages wait.
        """
        older = self._waiting.pop(page, None)
        if older is not None and not older.done():
            older.set_exception(Superseded())
        if self._free > 0:
            self._free -= 1
        else:
            await self._turn_of(page)
        try:
            return await asyncio.to_thread(work)
        finally:
            self._hand_on()

    async def _turn_of(self, page: str) -> None:
        if len(self._waiting) >= self._most:
            raise Busy
        turn = asyncio.get_running_loop().create_future()
        self._waiting[page] = turn
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._hand_on()
            raise
        finally:
            if self._waiting.get(page) is turn:
                del self._waiting[page]

    def _hand_on(self) -> None:
        """Give the place to whoever waits longest."""
        while self._waiting:
            turn = self._waiting.pop(next(iter(self._waiting)))
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

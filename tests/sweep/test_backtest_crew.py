"""The back-test by a crew: the result of one process, whatever the order in which stretches come back."""

from __future__ import annotations

import json
from datetime import date

import pytest

from sim.backtest.baselines import Climatology, GreyShift
from sim.backtest.forecaster import fit_day
from sim.backtest.walk import run_backtest
from sim.deals.deals import load_deals

FIRST = date(2025, 9, 1)


class Backwards:
    """Does the last job first, and stops when told to."""

    size = 1

    def __init__(self, most: int = 1000) -> None:
        self.most = most
        self.jobs = 0

    def answers(self, work, jobs, stopped):
        jobs = list(jobs)
        self.jobs = len(jobs)
        for job in jobs[: self.most][::-1]:
            if stopped():
                return
            yield job, work(job)


def forecast(**more):
    return run_backtest(load_deals(), baselines=(Climatology(), GreyShift()), first=FIRST, **more)


@pytest.fixture(scope="module")
def alone():
    return forecast()


def test_the_order_of_the_answers_does_not_matter(alone):
    crew = Backwards()
    told: list[tuple[int, int]] = []
    by_crew = forecast(crew=crew, progress=lambda done, total: told.append((done, total)))
    assert crew.jobs > 3
    assert by_crew == alone
    assert json.dumps(by_crew.details()) == json.dumps(alone.details())
    assert told[-1][0] == told[-1][1] == len({each.list_date for each in (*alone.forecasts, *alone.left_out)})


def test_two_workers_give_the_result_of_one_process(alone, two_workers):
    assert forecast(crew=two_workers) == alone


def test_what_is_missing_makes_it_partial(alone):
    crew = Backwards(most=2)
    part = forecast(crew=crew)
    assert part.partial
    days = sorted({fit_day(each.list_date) for each in alone.forecasts})[:2]
    assert part.forecasts == tuple(each for each in alone.forecasts if fit_day(each.list_date) in days)


def test_stopped_before_the_first_answer():
    with pytest.raises(KeyboardInterrupt):
        forecast(crew=Backwards(), stopped=lambda: True)

"""A market: what past deals say about demand, valuation, stabilisation and the day, read from a YAML file.

A market file is data with its origin: ``status: fitted`` carries the deals it was fitted on, ``status: trial``
says that the values are a starting point. Numbers enter the model as in ``docs/model.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sim.errors import Fault, InvalidInput, invalid

Real = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

MARKETS_FOLDER = Path(__file__).parent.parent / "data" / "markets"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Features(_Part):
    """What a deal's valuation and coverage may depend on, before its own demand is known.

    ``market_heat`` is the mean log first-day return of the last ten listings, ``coverage_heat`` the mean log
    public coverage of the last ten less 6; ``deal_size`` is ``(log money raised - 20.7) / 1.3``, the money in HK$;
    ``anchored`` is 1 for an A+H listing.
    """

    market_heat: Real = 0.0
    coverage_heat: Real = 0.0
    deal_size: Real = 0.0
    anchored: Real = 0.0


_FEATURES = tuple(Features.model_fields)


class Effects(Features):
    """An intercept and one coefficient a feature."""

    intercept: Real = 0.0

    def at(self, features: Features) -> float:
        """Return the linear predictor of a deal."""
        effects: list[float] = [getattr(self, name) * getattr(features, name) for name in _FEATURES]
        return self.intercept + sum(effects)


class Origin(_Part):
    """Where the values come from: nothing that listed on the day ``as_of`` or later."""

    status: Literal["trial", "fitted"]
    source: str
    as_of: date | None = None
    first_deal: date | None = None
    last_deal: date | None = None
    deals: int | None = None
    log_likelihood: Real | None = None


class Demand(_Part):
    """Demand curve, equation (2) of docs/model.md. Coverage is in times; ``elasticity`` is ``eta``.

    ``placing_activity`` is the share of the unlocked placing whose holders may trade on the first day.
    """

    kappa: Positive
    public_saturation: Positive
    public_deflation: Fraction
    placing_deflation: Real
    placing_activity: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
    elasticity: Positive
    anchored_elasticity: Positive


class Valuation(_Part):
    """Centre and spread of ``u``, in log price: ``log scale = spread + spread_public_coverage (log R - 6) / 3``."""

    centre: Effects
    spread: Effects
    spread_public_coverage: Real
    degrees_of_freedom: Annotated[float, Field(gt=2, allow_inf_nan=False)]
    theme_weight: Mapping[Literal["t0", "t0.9", "t1", "t2"], Real]


class Coverage(_Part):
    """Log coverage of a tranche before the books open: its centre, spread and loading on theme heat."""

    centre: Effects
    sd: Positive
    theme_loading: Real = 0.0


class Coverages(_Part):
    """Joint law of the two log coverages given the deal."""

    public: Coverage
    placing: Coverage
    correlation: Annotated[float, Field(gt=-1, lt=1, allow_inf_nan=False)]


class Pricing(_Part):
    """Position of the offer price in its range, ``intercept + slope log I`` clipped to the range."""

    intercept: Real
    slope: NonNegative


class Stabilisation(_Part):
    """Stabilising manager: elasticity of the lift, share of excess supply met in the auction and a day after."""

    elasticity: Positive
    opening_absorption: Fraction
    absorption_per_day: NonNegative


class Day(_Part):
    """The continuous day: volatility, drift, momentum and the shape of volatility and volume.

    The volatility of a path is ``exp(volatility) (1 + volatility_slope min(|y(0)|, 1)) exp(volatility_sd z)``.
    """

    volatility: Effects
    volatility_slope: NonNegative
    volatility_sd: NonNegative
    drift: Effects
    momentum: Real = 0.0
    momentum_half_life_minutes: Positive = 7.0
    opening_volatility_peak: NonNegative
    opening_volatility_minutes: Positive
    closing_volatility_peak: NonNegative
    closing_volatility_minutes: Positive
    midday_break_minutes: NonNegative
    opening_volume: Fraction
    closing_volume: Fraction


class Grey(_Part):
    """Grey-market close: ``log(1 + grey) = m + bias + slope (y(0) - m) + exp(noise) t``.

    ``m`` is the forecast of the opening pressure ``y(0)`` before the grey market, ``t`` a Student draw.
    """

    bias: Real
    slope: Positive
    noise: Effects
    degrees_of_freedom: Annotated[float, Field(gt=2, allow_inf_nan=False)]


class Norm(_Part):
    """What a venue's listings usually did from a date on: mean log first-day return."""

    effective: date
    mean: Real
    source: str


class PeerVenue(_Part):
    """How a peer's return on a venue speaks of the theme: ``r ~ Normal(transfer h, idiosyncratic_sd^2 / weight)``."""

    transfer: Real
    idiosyncratic_sd: Positive
    norms: tuple[Norm, ...]

    def norm(self, day: date) -> Norm | None:
        """Return the norm in force on a day, ``None`` before the first."""
        in_force = [norm for norm in self.norms if norm.effective <= day]
        return max(in_force, key=lambda norm: norm.effective, default=None)


class Peers(_Part):
    """Prior of theme heat and what peers say of it."""

    theme_sd: Positive
    age_half_life_days: Positive
    venues: Mapping[Literal["hkex", "star"], PeerVenue]


class Uncertainty(_Part):
    """Factors on the spreads that stand for the uncertainty of the fitted parameters themselves.

    ``valuation`` widens the valuation and the day's volatility, ``coverage`` the coverages. The grey market's noise
    is not widened: a wider valuation already trusts it more, which scores better (``docs/decisions/model-form.md``).
    """

    valuation: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    coverage: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0


class Aftermarket(_Part):
    """The days after the first; the defaults' sources and errors are in ``docs/decisions/aftermarket.md``.

    ``daily_volatility`` is the median over deals of the standard deviation of a day's log return,
    ``daily_volatility_log_sd`` the spread of its log, ``most_daily_volatility`` its bound; ``daily_drift`` is of
    the expected price. The manager exercises the option and leaves once the share closes ``exercise_above`` above
    its offer price. Of the shares that come free ``sold`` come to market; the price already holds
    ``anticipated`` of their effect.
    """

    daily_volatility: Positive = 0.06
    daily_volatility_log_sd: NonNegative = 0.76
    most_daily_volatility: Positive = 0.15
    daily_drift: Real = 0.0
    exercise_above: NonNegative = 0.10
    anticipated: Fraction = 0.3
    sold: Fraction = 0.3


class FittedParameter(_Part):
    """A parameter as the fit found it: posterior mode, its standard error, and the prior's mean and deviation.

    Names and scales are those of the fit (``log_`` is a logarithm); a run takes nothing from here. The bootstrap's
    standard error is there where it was asked for.
    """

    name: str
    value: Real
    standard_error: NonNegative | None = None
    bootstrap_error: NonNegative | None = None
    prior_mean: Real
    prior_sd: Positive


class Posterior(_Part):
    """Correlations of the parameters of one block of the fit; with their standard errors, the posterior.

    Row ``k`` of ``correlations`` holds those of parameter ``k`` with the parameters before it; blocks are
    independent. ``within_sd`` is the variance that the market's own ``sd`` holds for the block's uncertainty.
    """

    parameters: tuple[str, ...]
    correlations: tuple[tuple[Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)], ...], ...]
    within_sd: NonNegative = 0.0

    @model_validator(mode="after")
    def _is_a_triangle(self) -> Posterior:
        if [len(row) for row in self.correlations] != list(range(len(self.parameters))):
            raise ValueError("row k of the correlations must hold k numbers, the first row none")
        return self


class Market(_Part):
    """Everything a run takes from past deals, and the fit that it comes from."""

    name: str
    venue: Literal["hkex", "star"]
    origin: Origin
    demand: Demand
    valuation: Valuation
    coverage: Coverages
    pricing: Pricing
    stabilisation: Stabilisation
    day: Day
    grey: Grey | None
    peers: Peers
    uncertainty: Uncertainty = Uncertainty()
    aftermarket: Aftermarket = Aftermarket()
    estimates: tuple[FittedParameter, ...] = ()
    posterior: tuple[Posterior, ...] = ()


def market_from_mapping(data: Any, source: str) -> Market:
    """Validate a market read from YAML or from a manifest.

    Raises
    ------
    InvalidInput
        With every fault, each with its field.
    """
    try:
        return Market.model_validate(data)
    except ValidationError as faults:
        raise InvalidInput(
            Fault(source, ".".join(str(key) for key in fault["loc"]), fault["msg"], "see docs/market.md")
            for fault in faults.errors()
        ) from faults


def vintages(name: str) -> tuple[date, ...]:
    """Return the dates as of which a shipped market was fitted, the earliest first; none for another name."""
    return tuple(sorted(date.fromisoformat(file.stem) for file in (MARKETS_FOLDER / name).glob("*.yaml")))


def _shipped_file(name: str, list_date: date | None) -> Path:
    """File of the latest vintage not after a list date, of the latest of all without one.

    Raises
    ------
    InvalidInput
        When a deal listed before the first of them.
    """
    dates = vintages(name)
    known = [as_of for as_of in dates if list_date is None or as_of <= list_date]
    if not known:
        raise invalid(
            f"market {name}",
            "list_date",
            f"the earliest shipped market was known on {dates[0]}, the deal listed on {list_date}",
            "choose a later deal, or give a market file",
        )
    return MARKETS_FOLDER / name / f"{known[-1]}.yaml"


def load_market(name: str, folder: Path | None = None, list_date: date | None = None) -> Market:
    """Load a shipped market by name, or a market file by path.

    Parameters
    ----------
    name
        ``hkex``, ``star``, or the path of a YAML file.
    folder
        Folder that a relative path starts from; the working directory when left out.
    list_date
        First day of the deal: a shipped market is that of the latest date not after it, so that nothing of the
        day itself or later is used. The latest shipped market when left out.

    Raises
    ------
    InvalidInput
        When there is no such market, none as early as the deal, or the file is not one.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    names = sorted(each.name for each in MARKETS_FOLDER.iterdir() if each.is_dir())
    path = _shipped_file(name, list_date) if name in names else (folder or Path()) / name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise invalid(
            str(path), "market", f"cannot be read: {fault}", f"use one of {', '.join(names)}, or a file"
        ) from fault
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except YAMLError as fault:
        raise invalid(
            str(path), "", f"is not YAML: {fault}", "write a market with firstday calibrate"
        ) from fault
    return market_from_mapping(data, str(path))

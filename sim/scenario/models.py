"""Parts of a scenario: frozen models of the terms, of what is known of the demand, and of the peers.

Amounts carry their unit in their name or description; fractions are of the base offer unless said, returns
are simple returns (0.25 is +25%). Rules that tie fields together are in :mod:`sim.scenario.checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.scenario.fields import (
    Coverage,
    Day,
    Flag,
    Money,
    Months,
    Paths,
    PositiveNumber,
    Price,
    PriceRange,
    Proportion,
    Seed,
    SimpleReturn,
    Text,
    Whole,
    WholeShares,
)

VenueName = Literal["hkex", "star"]
Regime = Literal["pn18", "mechanism-a", "mechanism-b", "chapter-18c", "star"]
Stage = Literal["t0", "t0.9", "t1", "t2"]
Horizon = Literal["first_day", "stabilisation", "lock_up"]


class Record(BaseModel):
    """A frozen model that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_null(cls, data: object) -> object:
        """Read a field set to null as left out, so that an option can take a field back."""
        if not isinstance(data, Mapping):
            return data
        optional = {name for name, field in cls.model_fields.items() if not field.is_required()}
        return {key: value for key, value in data.items() if value is not None or key not in optional}


class Offer(Record):
    """Terms of the offer."""

    price_range: PriceRange | None = Field(
        default=None,
        title="Offer price range",
        description="Bottom and top of the offer price range, in the venue's currency a share.",
        examples=[[17.00, 19.60]],
    )
    price: Price | None = Field(
        default=None,
        title="Offer price",
        description="Final offer price, in the venue's currency a share. Leave out before pricing.",
        examples=[19.60],
    )
    base_shares: WholeShares = Field(
        title="Base offer",
        description="Shares offered before any size adjustment and over-allotment.",
        examples=[247_692_800],
    )
    size_adjustment_shares: Whole = Field(
        default=0,
        title="Offer size adjustment",
        description="Shares added by the offer size adjustment option, 0 when it was not exercised.",
        examples=[37_153_800],
    )
    public_tranche: Proportion = Field(
        title="Initial public tranche",
        description="Public offer (STAR: online) before reallocation, as a fraction of the base offer.",
        examples=[0.05],
    )
    board_lot: WholeShares = Field(title="Board lot", description="Shares in a board lot.", examples=[200])
    downward_flexibility: Proportion = Field(
        default=0.0,
        title="Downward price flexibility",
        description="How far below its range the offer may be priced, as a fraction of the bottom.",
        examples=[0.10],
    )
    applications_close: Day | None = Field(
        default=None,
        title="Close of applications",
        description=(
            "Last day of applications, from which the stabilisation period counts 30 days. Left out: four "
            "days before listing, seven before 22 November 2023."
        ),
        examples=["2025-12-29"],
    )


class OverAllotment(Record):
    """The over-allotment: shares sold beyond the offer, which the greenshoe option can replace."""

    fraction: Proportion | None = Field(
        default=None,
        title="Over-allotment fraction",
        description="Over-allotted shares as a fraction of the upsized offer, rounded down to board lots.",
        examples=[0.15],
    )
    shares: Whole | None = Field(
        default=None,
        title="Over-allotted shares",
        description="Over-allotted shares, where announced. Give this or the fraction.",
        examples=[42_726_800],
    )
    settlement: Literal["borrowed", "deferred"] = Field(
        default="borrowed",
        title="Settlement",
        description=(
            "borrowed: over-allotted shares are lent and trade from the first day; deferred: placees wait "
            "for them until the stabilisation period ends."
        ),
        examples=["borrowed"],
    )


class Cornerstones(Record):
    """Cornerstone investors: one of an amount in HK$, an amount in US$, shares, or a fraction."""

    amount_hkd: Money | None = Field(
        default=None,
        title="Amount in HK$",
        description="Money committed, HK$; the shares follow from the offer price.",
        examples=[2_899_300_000],
    )
    amount_usd: Money | None = Field(
        default=None,
        title="Amount in US$",
        description="Money committed, US$; needs usd_hkd.",
        examples=[372_500_000],
    )
    usd_hkd: PositiveNumber | None = Field(
        default=None,
        title="Exchange rate",
        description="HK$ for one US$, as the prospectus converts.",
        examples=[7.783],
    )
    shares: Whole | None = Field(
        default=None, title="Shares", description="Shares allotted, where announced.", examples=[147_923_400]
    )
    fraction: Proportion | None = Field(
        default=None,
        title="Fraction of the base offer",
        description="Shares committed, as a fraction of the base offer.",
        examples=[0.50],
    )
    lock_up_months: Months = Field(
        default=6,
        title="Lock-up",
        description="Months after listing until the shares may be sold.",
        examples=[6],
    )

    @property
    def committed_hkd(self) -> float | None:
        """Money committed, HK$; ``None`` where shares or a fraction were given."""
        if self.amount_hkd is not None:
            return self.amount_hkd
        if self.amount_usd is not None and self.usd_hkd is not None:
            return self.amount_usd * self.usd_hkd
        return None


class LockedTranche(Record):
    """Shares of the offer, other than cornerstones', that cannot trade on the first day."""

    name: Text = Field(
        title="Name", description="What the tranche is called.", examples=["strategic placement"]
    )
    shares: WholeShares = Field(title="Shares", description="Shares locked.", examples=[14_000_000])
    months: Months = Field(
        title="Lock-up", description="Months after listing until the shares may be sold.", examples=[12]
    )
    strategic: Flag = Field(
        default=False,
        title="Strategic placement",
        description="STAR: placed ahead of the book, so left out of the shares that reallocation counts.",
        examples=[True],
    )


class LockedHolder(Record):
    """Shares of existing holders, outside the offer, that come free some months after listing."""

    name: Text = Field(title="Name", description="Who holds them.", examples=["pre-IPO investors"])
    shares: WholeShares = Field(title="Shares", description="Shares locked.", examples=[1_640_000_000])
    months: Months = Field(
        title="Lock-up", description="Months after listing until the shares may be sold.", examples=[12]
    )


class LockUp(Record):
    """What comes of locked shares; what is left out is the market's."""

    anticipated: Proportion | None = Field(
        default=None,
        title="Anticipated",
        description="Share of the effect of an unlock that the price already holds, 0 to 1.",
        examples=[0.3],
    )
    sold: Proportion | None = Field(
        default=None,
        title="Sold",
        description="Share of the unlocked shares that comes to market, 0 to 1.",
        examples=[0.3],
    )
    months: Months | None = Field(
        default=None,
        title="End of the lock-up simulated",
        description=(
            "Months after listing to which horizon: lock_up runs. Left out: the cornerstones' lock-up, and "
            "without cornerstones the last tranche's."
        ),
        examples=[12],
    )
    holders: tuple[LockedHolder, ...] = Field(
        default=(),
        title="Locked holders",
        description="Existing holders whose shares, outside the offer, come free after listing.",
        examples=[[{"name": "pre-IPO investors", "shares": 1_640_000_000, "months": 12}]],
    )


class Observed(Record):
    """What is known of the demand; it decides the stage of the forecast."""

    public_coverage: Coverage | None = Field(
        default=None,
        title="Public coverage",
        description="Times the initial public tranche was subscribed (STAR: online, before reallocation).",
        examples=[2347.53],
    )
    placing_coverage: Coverage | None = Field(
        default=None,
        title="Placing coverage",
        description="Times the initial placing tranche was subscribed.",
        examples=[25.95],
    )
    partial_public_coverage: Coverage | None = Field(
        default=None,
        title="Public coverage so far",
        description="Coverage reported while the books are open, for example of margin loans, in times.",
        examples=[180.0],
    )
    partial_noise: PositiveNumber = Field(
        default=0.5,
        title="Noise of the coverage so far",
        description="Standard deviation of the log of the final coverage around the log of the one so far.",
        examples=[0.5],
    )
    allotted_public_shares: WholeShares | None = Field(
        default=None,
        title="Allotted public shares",
        description="Shares of the public offer after reallocation, as announced; replaces the rule's ladder.",
        examples=[49_538_600],
    )
    grey_return: SimpleReturn | None = Field(
        default=None,
        title="Grey-market return",
        description="Grey-market close over the offer price, less one: 0.25 is +25%.",
        examples=[0.25],
    )


class Peer(Record):
    """A listing whose first day tells how hot the theme is."""

    name: Text = Field(title="Name", description="Name of the peer.", examples=["Moore Threads"])
    venue: VenueName = Field(title="Venue", description="Where the peer listed.", examples=["star"])
    list_date: Day = Field(
        title="Listing date", description="First trading day of the peer.", examples=["2025-12-05"]
    )
    first_day_return: SimpleReturn = Field(
        title="First-day return",
        description="First-day price over the offer price, less one: 4.6878 is +468.78%.",
        examples=[4.6878],
    )
    business_distance: Proportion = Field(
        default=0.0,
        title="Distance of business",
        description="0: the same business; 1: nothing in common, no weight.",
        examples=[0.0],
    )


class Simulation(Record):
    """How much to simulate."""

    paths: Paths = Field(
        default=100_000, title="Paths", description="Number of simulated first days.", examples=[100_000]
    )
    seed: Seed = Field(
        default=0,
        title="Seed",
        description="Key of the random numbers; the same seed gives the same paths.",
        examples=[6082],
    )

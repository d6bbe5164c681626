"""Where messages may go and what they cost: the fence around toll fraud and a drained account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType

# Money is counted in ten-thousandths: operators quote four decimals.
UNIT: Final = 10_000
DAY: Final = 86_400
_ALERTS: Final = (100, 80, 50)
# Numbers whose owner is paid by whoever writes to them.
_COSTLY: Final = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})


def money(amount: Decimal) -> int:
    """An amount in units of 1/10000, rounded up: a budget errs on the safe side."""
    whole = int(amount * UNIT)
    return whole + (amount * UNIT > whole)


def told(cost: str) -> int | None:
    """The amount in what a gateway says a message cost (`KES 0.8000`), in 1/10000; None when it says none."""
    for word in reversed(cost.split()):
        try:
            return money(Decimal(word))
        except (InvalidOperation, ValueError, OverflowError):
            continue
    return None


def calling_code(country: str) -> str:
    """`+856` for `LA`; empty for a country that does not exist."""
    code = phonenumbers.country_code_for_region(country)
    return f"+{code}" if code else ""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of one segment by prefix, in 1/10000; the longest prefix that fits decides."""

    prices: Mapping[str, int] = field(default_factory=dict)
    other: int = UNIT

    def price(self, msisdn: str, parts: int) -> int:
        """What this many segments to this number cost."""
        fitting = [prefix for prefix in self.prices if msisdn.startswith(prefix)]
        each = self.prices[max(fitting, key=len)] if fitting else self.other
        return each * parts


@dataclass(frozen=True, slots=True)
class Reach:
    """The numbers that may be written to: those of the listed countries, and none that charge for it."""

    codes: frozenset[str]

    @classmethod
    def of(cls, codes: Iterable[str]) -> "Reach":
        """Allow these calling codes and nothing else."""
        return cls(frozenset(codes))

    def allows(self, msisdn: str) -> bool:
        """Whether this number may be written to."""
        if not any(msisdn.startswith(code) for code in self.codes):
            return False
        try:
            number = phonenumbers.parse(msisdn)
        except phonenumbers.NumberParseException:
            return False
        return phonenumbers.is_possible_number(number) and phonenumbers.number_type(number) not in _COSTLY


class Purse:
    """One channel's money for the day. A send is paid before it leaves, so the limit holds whatever runs at once."""

    def __init__(self, limit: int) -> None:
        """Allow `limit` (1/10000 of the currency) from midnight to midnight, UTC."""
        self.limit = limit
        self.spent = 0
        self._day = -1
        self._alerted = 0

    def is_new_day(self, now: int) -> bool:
        """Whether what was spent has to be asked for again."""
        return now // DAY != self._day

    def open(self, now: int, spent: int) -> None:
        """Begin the day of `now` with what it has already cost."""
        self._day = now // DAY
        self.spent = spent
        self._alerted = 0

    def pay(self, price: int) -> bool:
        """Take the price out; False, and nothing taken, when it is not there."""
        if self.spent + price > self.limit:
            return False
        self.spent += price
        return True

    def give_back(self, price: int) -> None:
        """The message certainly did not go."""
        self.spent = max(0, self.spent - price)

    def alert(self) -> int:
        """50, 80 or 100 when that per cent of the budget has just been reached, else 0; each is said once a day."""
        used = self.spent * 100 // self.limit if self.limit else 100
        for mark in _ALERTS:
            if used >= mark > self._alerted:
                self._alerted = mark
                return mark
        return 0

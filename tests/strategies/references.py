"""Each built-in strategy a second time, from the formulas, over the whole history.

Where the core updates a figure in place, this computes it anew from all there was: an
average by time is a weighted sum of every value that stood, for as long as it stood.
"""

from __future__ import annotations

import numpy as np

from tests.strategies.pipe import NO_PRICE, Floats
from tests.strategies.world import BUY, SELL, Order, Seat, Strategy

LN2 = np.log(2.0)


class History:
    """Values that stood, each until the next: their averages by time."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.values: list[tuple[float, ...]] = []

    def add(self, now: float, *values: float) -> None:
        self.times.append(now)
        self.values.append(values)

    @property
    def age(self) -> float:
        return self.times[-1] - self.times[0]

    def weights(self, half_life: float) -> Floats:
        """Of each value but the newest, which has not stood yet; they sum to 1.

        The first counts as if it had stood for ever before.
        """
        left = np.exp2((np.array(self.times) - self.times[-1]) / half_life)
        weights = np.diff(left)
        if len(weights):
            weights[0] += left[0]
        return weights

    def column(self, place: int = 0) -> Floats:
        return np.array([values[place] for values in self.values])

    def mean(self, half_life: float, place: int = 0) -> float:
        if len(self.times) == 1:
            return float(self.column(place)[0])
        return float(self.weights(half_life) @ self.column(place)[:-1])


class Pauses:
    """A strategy that takes waits a while after each order (seconds)."""

    def __init__(self, cool_down_ms: float) -> None:
        self.cool_down = cool_down_ms / 1000
        self.until = -1.0

    def over(self, now: float) -> bool:
        return now >= self.until - 1e-10

    def order(self, seat: Seat, side: int, qty: int) -> bool:
        if not seat.cross(side, qty):
            return False
        self.until = seat.now + self.cool_down
        return True

    def close(self, seat: Seat) -> None:
        self.order(seat, SELL if seat.position > 0 else BUY, abs(seat.position))


def room(seat: Seat, side: int, qty: float, most: float) -> int:
    held = seat.position if side == BUY else -seat.position
    return min(int(qty), int(most) - held)


def place_quotes(
    seat: Seat, exact: tuple[float, float], qty: float, most: float, requote: float
) -> None:
    """Quotes about exact prices: outward, inside the other side, kept while near."""
    prices = (
        min(int(np.floor(exact[BUY])), seat.ask - 1),
        max(int(np.ceil(exact[SELL])), seat.bid + 1),
    )
    for side in (BUY, SELL):
        space = int(most) - (seat.position if side == BUY else -seat.position)
        lots = min(int(qty), space)
        if lots <= 0 or not 1 <= prices[side] < 2**32 - 1:
            seat.cancel(side)
            continue
        standing = seat.working.get(side)
        near = standing is not None and abs(standing[0] - exact[side]) < requote
        if not (near and standing and standing[1] <= space):
            seat.quote(side, prices[side], lots)


class MeanReversion(Strategy):
    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.mids = History()
        self.pauses = Pauses(parameters[5])

    def on_book(self, seat: Seat) -> None:
        half_life_ms, entry, exit_, qty, most, _ = self.parameters
        if seat.mid is None:
            return
        self.mids.add(seat.now, seat.mid)
        half_life = half_life_ms / 1000
        mean, variance = self.mids.mean(half_life), 0.0
        if len(self.mids.times) > 1:
            weights = self.mids.weights(half_life)
            variance = float(weights @ (self.mids.column()[:-1] - mean) ** 2)
        z = (seat.mid - mean) / np.sqrt(variance) if variance > 1e-12 else 0.0
        seat.signal = z
        if not self.pauses.over(seat.now) or self.mids.age < half_life:
            return
        if z >= entry:
            self.pauses.order(seat, SELL, room(seat, SELL, qty, most))
        elif z <= -entry:
            self.pauses.order(seat, BUY, room(seat, BUY, qty, most))
        elif (seat.position > 0 and z >= -exit_) or (seat.position < 0 and z <= exit_):
            self.pauses.close(seat)


class Momentum(Strategy):
    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.mids = History()
        self.pauses = Pauses(parameters[5])

    def on_book(self, seat: Seat) -> None:
        fast_ms, slow_ms, threshold, qty, most, _ = self.parameters
        if seat.mid is None:
            return
        self.mids.add(seat.now, seat.mid)
        lead = self.mids.mean(fast_ms / 1000) - self.mids.mean(slow_ms / 1000)
        seat.signal = lead
        if not self.pauses.over(seat.now) or self.mids.age < slow_ms / 1000:
            return
        if seat.position * lead < 0:
            self.pauses.close(seat)
        elif abs(lead) > threshold:
            side = BUY if lead > 0 else SELL
            self.pauses.order(seat, side, room(seat, side, qty, most))


class MarketMaker(Strategy):
    wants = "qty"
    hears_fills = True

    def on_book(self, seat: Seat) -> None:
        half, skew, micro, qty, most, requote = self.parameters
        if seat.mid is None:
            seat.cancel(BUY)
            seat.cancel(SELL)
            return
        # The microprice weighs each price by what stands on the other side.
        both = seat.bid_qty + seat.ask_qty
        microprice = (seat.bid * seat.ask_qty + seat.ask * seat.bid_qty) / both
        fair = (1 - micro) * seat.mid + micro * microprice - skew * seat.position / most
        fair = round(fair, 9)  # ties at whole increments must not hang on a last bit
        seat.signal = fair
        place_quotes(seat, (fair - half, fair + half), qty, most, requote)


class Estimates:
    """What a market is like, from every event in it. ``half_life`` in seconds."""

    def __init__(self, now: float, mid: float, half_life: float) -> None:
        self.start, self.half_life = now, half_life
        self.mid = self.mid_then = mid
        self.moves: list[tuple[float, float]] = []  # time, squared change
        self.trades: list[tuple[float, float, float]] = []  # time, bought, sold
        self.arrivals: list[tuple[float, float]] = []  # time, depth beyond 1/2
        self.deepest: float | None = None

    def see(self, now: float, mid: float) -> None:
        if mid != self.mid:
            self.moves.append((now, (mid - self.mid) ** 2))
        self.mid = mid

    def trade(self, seat: Seat) -> None:
        bought = seat.last_qty if seat.last_side == SELL else 0
        self.trades.append((seat.now, bought, seat.last_qty - bought))
        depth = abs(seat.last - self.mid_then)
        self.deepest = depth if self.deepest is None else max(depth, self.deepest)

    def pause(self, now: float) -> None:
        if self.deepest is not None:
            self.arrivals.append((now, max(self.deepest - 0.5, 0.0)))
        self.deepest, self.mid_then = None, self.mid

    def seconds(self, now: float) -> float:
        return float(
            self.half_life / LN2 * (1 - np.exp2((self.start - now) / self.half_life))
        )

    def knows(self, now: float) -> bool:
        return self.seconds(now) >= self.half_life / LN2 / 2 - 1e-12

    def _sum(self, events: list[tuple[float, ...]], now: float, place: int) -> float:
        if not events:
            return 0.0
        table = np.array(events)
        amounts = table[:, place] if place else 1.0
        return float(np.sum(amounts * np.exp2((table[:, 0] - now) / self.half_life)))

    def variance(self, now: float) -> float:
        seconds = self.seconds(now)
        return self._sum(list(self.moves), now, 1) / seconds if seconds > 0 else 0.0

    def intensity(self, now: float) -> float:
        seconds = self.seconds(now)
        return self._sum(list(self.trades), now, 0) / seconds if seconds > 0 else 0.0

    def flow(self, now: float) -> float:
        bought, sold = (self._sum(list(self.trades), now, place) for place in (1, 2))
        both = bought + sold
        return (bought - sold) / both if both > 1e-6 else 0.0

    def k(self, now: float) -> float:
        count = self._sum(list(self.arrivals), now, 0)
        depth = self._sum(list(self.arrivals), now, 1)
        if count <= 0 or depth <= 0:
            return 10.0
        return float(np.clip(np.log1p(count / depth), 0.001, 10.0))

    def a(self, now: float, k: float) -> float:
        seconds = self.seconds(now)
        count = self._sum(list(self.arrivals), now, 0)
        return float(count / seconds / 2 * np.exp(k / 2)) if seconds > 0 else 0.0


class Learner(Strategy):
    """A market maker that learns its market; how it quotes is for the subclass."""

    hears_fills = True
    hears_trades = True
    half_life: float

    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.seen: Estimates | None = None
        self.ready = False

    def on_book(self, seat: Seat) -> None:
        self._act(seat, pause=False)

    def on_timer(self, seat: Seat) -> None:
        self._act(seat, pause=True)

    def on_trade(self, seat: Seat) -> None:
        if self.seen:
            self.seen.trade(seat)

    def _act(self, seat: Seat, *, pause: bool) -> None:
        if seat.mid is None:
            seat.cancel(BUY)
            seat.cancel(SELL)
            return
        if self.seen is None:
            self.seen = Estimates(seat.now, seat.mid, self.half_life)
        self.seen.see(seat.now, seat.mid)
        if pause:
            self.seen.pause(seat.now)
        if pause or not self.ready:
            self.ready = self.learn(self.seen, seat.now)
        if self.ready:
            self.quote(seat, seat.mid)

    def learn(self, seen: Estimates, now: float) -> bool:
        raise NotImplementedError

    def quote(self, seat: Seat, mid: float) -> None:
        raise NotImplementedError


class Avellaneda(Learner):
    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.half_life = parameters[4]

    def learn(self, seen: Estimates, now: float) -> bool:
        gamma, _, sigma, k, *_ = self.parameters
        variance = sigma**2 if sigma else seen.variance(now)
        self.k = k or seen.k(now)
        self.risk = gamma * variance
        return bool(sigma and k) or seen.knows(now)

    def quote(self, seat: Seat, mid: float) -> None:
        gamma, horizon, _, _, _, qty, most, requote = self.parameters
        assert self.seen
        gone_ns = round((seat.now - self.seen.start) * 1e9) % round(horizon * 1e9)
        remaining = horizon - gone_ns * 1e-9
        reservation = mid - seat.position / qty * self.risk * remaining
        spread = self.risk * remaining + 2 / gamma * np.log1p(gamma / self.k)
        seat.signal = reservation
        quotes = reservation - spread / 2, reservation + spread / 2
        place_quotes(seat, quotes, qty, most, requote)


class Glft(Learner):
    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.half_life = parameters[4]

    def learn(self, seen: Estimates, now: float) -> bool:
        gamma, sigma, a, k, *_ = self.parameters
        variance = sigma**2 if sigma else seen.variance(now)
        rate_k = k or seen.k(now)
        rate_a = a or seen.a(now, rate_k)
        if rate_a <= 0 or not (seen.knows(now) or (sigma and a and k)):
            return False
        self.half = np.log1p(gamma / rate_k) / gamma
        growth = (1 + gamma / rate_k) ** (1 + rate_k / gamma)
        self.tilt = np.sqrt(variance * gamma / (2 * rate_k * rate_a) * growth)
        return True

    def quote(self, seat: Seat, mid: float) -> None:
        *_, qty, most, requote = self.parameters
        q = seat.position / qty
        quotes = (
            mid - (self.half + (2 * q + 1) / 2 * self.tilt),
            mid + (self.half - (2 * q - 1) / 2 * self.tilt),
        )
        seat.signal = sum(quotes) / 2
        place_quotes(seat, quotes, qty, most, requote)


class Breakout(Strategy):
    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.mids = History()
        self.pauses = Pauses(parameters[4])

    def on_book(self, seat: Seat) -> None:
        window_ms, threshold, qty, most, _ = self.parameters
        if seat.mid is None:
            return
        if not self.mids.times:
            self.mids.add(seat.now, seat.mid)
        begun = self.mids.times[0]
        # Everything that stood since the beginning of the oldest of sixteen parts.
        length = window_ms / 1000 / 16
        part = np.floor((seat.now - begun) / length + 1e-9)
        since = begun + (part - 15) * length
        times = np.array(self.mids.times)
        first = max(int(np.searchsorted(times, since - 1e-10)) - 1, 0)
        stood = self.mids.column()[first:]
        high, low = float(stood.max()), float(stood.min())
        above, below = seat.mid - high, low - seat.mid
        seat.signal = above if above > 0 else -below if below > 0 else 0.0
        self.mids.add(seat.now, seat.mid)
        if not self.pauses.over(seat.now) or self.mids.age < window_ms / 1000 - 1e-10:
            return
        middle = (high + low) / 2
        if (above > 0 and above >= threshold) or (below > 0 and below >= threshold):
            side = BUY if above > 0 else SELL
            self.pauses.order(seat, side, room(seat, side, qty, most))
        elif (seat.position > 0 and seat.mid <= middle) or (
            seat.position < 0 and seat.mid >= middle
        ):
            self.pauses.close(seat)


class Imbalance(Strategy):
    wants = "qty"

    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.values = History()
        self.pauses = Pauses(parameters[6])

    def on_book(self, seat: Seat) -> None:
        smooth_ms, entry, exit_, spread, qty, most, _ = self.parameters
        if seat.mid is None:
            return
        both = seat.bid_qty + seat.ask_qty
        self.values.add(seat.now, (seat.bid_qty - seat.ask_qty) / both)
        smooth = self.values.mean(smooth_ms / 1000)
        seat.signal = smooth
        if not self.pauses.over(seat.now) or self.values.age < smooth_ms / 1000:
            return
        if seat.ask - seat.bid <= spread and abs(smooth) >= entry:
            side = BUY if smooth > 0 else SELL
            self.pauses.order(seat, side, room(seat, side, qty, most))
        elif seat.position * smooth < abs(seat.position) * exit_:
            self.pauses.close(seat)


class FlowTaker(Strategy):
    wants = ""
    hears_trades = True

    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.seen: Estimates | None = None
        self.pauses = Pauses(parameters[6])
        self.opened = -1e9

    def on_trade(self, seat: Seat) -> None:
        if self.seen is None:
            self.seen = Estimates(seat.now, float(seat.last), self.parameters[0] / 1000)
        self.seen.trade(seat)
        self._decide(seat, self.seen)

    def on_timer(self, seat: Seat) -> None:
        if self.seen:
            self._decide(seat, self.seen)

    def _decide(self, seat: Seat, seen: Estimates) -> None:
        _, entry, rate, hold_ms, qty, most, _ = self.parameters
        flow = seen.flow(seat.now)
        seat.signal = flow
        if seat.mid is None or not self.pauses.over(seat.now) or not seen.knows(seat.now):
            return
        if seen.intensity(seat.now) >= rate and abs(flow) >= entry:
            side = BUY if flow > 0 else SELL
            if self.pauses.order(seat, side, room(seat, side, qty, most)):
                self.opened = seat.now
                return
        if seat.position and seat.now - self.opened >= hold_ms / 1000 - 1e-10:
            self.pauses.close(seat)


class Pairs(Strategy):
    two_symbols = True
    hears_fills = True

    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.mids = History()
        self.pauses = Pauses(parameters[6])
        self.beta = 0.0

    def on_book(self, seat: Seat) -> None:
        half_life_ms, entry, exit_, _, qty, most, _ = self.parameters
        if seat.mid is None or NO_PRICE in (seat.bid2, seat.ask2):
            return
        self.mids.add(seat.now, seat.mid, (seat.bid2 + seat.ask2) / 2)
        half_life = half_life_ms / 1000
        z = self._z(half_life, seat.position == 0)
        if z is not None:
            seat.signal = z
            if self.pauses.over(seat.now) and self.mids.age >= half_life:
                if abs(z) >= entry:
                    side = SELL if z > 0 else BUY
                    self.pauses.order(seat, side, room(seat, side, qty, most))
                elif (seat.position > 0 and z >= -exit_) or (
                    seat.position < 0 and z <= exit_
                ):
                    self.pauses.close(seat)
        self._hedge(seat)

    def _z(self, half_life: float, flat: bool) -> float | None:
        """Distance of the newest pair from the weighted least-squares line."""
        if len(self.mids.times) < 2:
            return None
        weights = self.mids.weights(half_life)
        y, x = self.mids.column(0), self.mids.column(1)
        stood_y, stood_x = y[:-1], x[:-1]
        mean_y, mean_x = weights @ stood_y, weights @ stood_x
        var = weights @ (stood_x - mean_x) ** 2
        if var <= 1e-9:
            return None
        beta = float(weights @ ((stood_x - mean_x) * (stood_y - mean_y)) / var)
        rest = stood_y - mean_y - beta * (stood_x - mean_x)
        deviation = float(np.sqrt(weights @ rest**2))
        if deviation**2 <= 1e-9:
            return None
        if flat:
            self.beta = beta
        return float((y[-1] - mean_y - beta * (x[-1] - mean_x)) / deviation)

    def on_fill(self, seat: Seat) -> None:
        if seat.mid is not None and NO_PRICE not in (seat.bid2, seat.ask2):
            self._hedge(seat)

    def _hedge(self, seat: Seat) -> None:
        scale = self.parameters[3]
        wanted = int(np.floor(-self.beta * scale * seat.position + 0.5))
        missing = wanted - seat.position2
        if missing > 0:
            seat.take2 = Order(BUY, seat.ask2, missing)
        elif missing < 0:
            seat.take2 = Order(SELL, seat.bid2, -missing)


class Parent(Strategy):
    """A parent order; what is due by when is for the subclass."""

    hears_fills = True

    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.begun: float | None = None

    def due(self, elapsed: float) -> int:
        """Lots that should be done when this share of the time is over."""
        raise NotImplementedError

    def slice_end(self, elapsed: float, slices: float) -> float:
        return min((np.floor(elapsed * slices + 1e-9) + 1) / slices, 1.0)

    def lots(self, share: float) -> int:
        return int(np.floor(share * self.parameters[1] + 0.5))

    def on_book(self, seat: Seat) -> None:
        side_number, quantity, duration, lag, limit, most, *_ = self.parameters
        if self.begun is None:
            if seat.mid is None:
                return
            self.begun, self.base = seat.now, seat.position
        side = SELL if side_number else BUY
        sign = 1 if side == BUY else -1
        elapsed = min((seat.now - self.begun) / duration, 1.0)
        over = elapsed >= 1.0 - 1e-12
        done = sign * (seat.position - self.base)
        seat.signal = done / quantity
        behind = min(self.due(elapsed), int(quantity)) - done
        if seat.mid is None or behind <= 0:
            self._clear(seat, side)
            return
        lots = min(behind, int(most))
        far = seat.ask if side == BUY else seat.bid
        near = seat.bid if side == BUY else seat.ask
        if behind > self.allowed(lag, over):
            if self._fair(far, side, limit) and not self._clear(seat, side):
                seat.cross(side, lots)
        elif not self._fair(near, side, limit):
            self._clear(seat, side)
        elif seat.working.get(side) != (near, lots) and not self._clear(seat, side):
            seat.quote(side, near, lots)

    def allowed(self, lag: float, over: bool) -> float:
        return 0 if over else lag

    def _fair(self, price: int, side: int, limit: float) -> bool:
        return not limit or (price <= limit if side == BUY else price >= limit)

    def _clear(self, seat: Seat, side: int) -> bool:
        if side not in seat.working:
            return False
        seat.cancel(side)
        return True


class Twap(Parent):
    def due(self, elapsed: float) -> int:
        return self.lots(self.slice_end(elapsed, self.parameters[6]))


class Vwap(Parent):
    def due(self, elapsed: float) -> int:
        until = self.slice_end(elapsed, self.parameters[6])
        weights = np.array(self.parameters[7:])
        curve = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])
        return self.lots(float(np.interp(until, np.linspace(0, 1, 9), curve)))


class Pov(Parent):
    hears_trades = True

    def __init__(self, *parameters: float) -> None:
        super().__init__(*parameters)
        self.volume = 0

    def due(self, elapsed: float) -> int:
        *_, share, child = self.parameters
        if elapsed >= 1.0 - 1e-12:
            return 0
        lots = int(np.floor(round(self.volume * share, 9)))
        return lots if lots >= self.parameters[1] else lots // int(child) * int(child)

    def on_trade(self, seat: Seat) -> None:
        if self.begun is not None:
            self.volume += seat.last_qty
            self.on_book(seat)

    def allowed(self, lag: float, over: bool) -> float:
        return lag


class AlmgrenChriss(Parent):
    def due(self, elapsed: float) -> int:
        _, _, duration, _, _, _, slices, aversion, sigma, eta, gamma = self.parameters
        until = self.slice_end(elapsed, slices)
        tau = duration / slices
        square = aversion * sigma**2 / (eta - gamma * tau / 2)
        kappa = np.arccosh(1 + square * tau**2 / 2) / tau
        left = np.sinh(kappa * duration * (1 - until)) / np.sinh(kappa * duration)
        return self.lots(1 - float(left))


REFERENCES: dict[str, type[Strategy]] = {
    "mean_reversion": MeanReversion,
    "momentum": Momentum,
    "market_maker": MarketMaker,
    "avellaneda": Avellaneda,
    "glft": Glft,
    "breakout": Breakout,
    "imbalance": Imbalance,
    "flow_taker": FlowTaker,
    "pairs": Pairs,
    "twap": Twap,
    "vwap": Vwap,
    "pov": Pov,
    "almgren_chriss": AlmgrenChriss,
}

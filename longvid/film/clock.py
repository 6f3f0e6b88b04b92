"""The clock of a film: time stamps of any quality in, film time out, strictly increasing.

Within a film the stamps may be wrong one by one (a broken muxer), begin anew (joined recordings), or leap ahead (joined
recordings again, or a picture that really stands). Which of these it is shows only in the stamps that follow and in
what else the file tells, so a frame that is out of line is judged with a look ahead; all others need none.

    out of line                            | what follows                      | taken as
    ---------------------------------------+-----------------------------------+-------------------------------
    ahead or back                          | goes on where it was before       | one bad stamp: a step, no more
    back                                   | goes on from there                | the clock started anew
    ahead, and the film may last so long   | goes on from there                | a picture that stands
    ahead, and nothing speaks for it       | goes on from there                | the clock leapt

Knows numbers alone: no containers, no packets, no frames.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from fractions import Fraction

BACK = 0.5  # s; a stamp that falls back by no more is jitter, and is only kept in order
AHEAD = 0.1  # s; a stamp that is ahead by no more needs no second look, nor one by a few steps
PLAIN = 10.0  # s; so long may a picture stand without anything that speaks for it
UNTOLD = 600.0  # s; the same in a container whose clock does not leap, where it tells no length of the film
STANDS = 3600.0  # s; no picture stands longer, whatever a container says
FEW = 4  # stamps that tell how a film goes on
SLOWEST = 0.01  # frames/s; no film has fewer
DAY = 86400.0  # s; no film gets longer than this by leaps: a hostile one must not last for years


def tick(base: Fraction | None) -> Fraction:
    """Seconds a tick, by the time base of a stream; where a tick is as long as no frame of a film (an AVI whose rate is
    broken counts frames), 25 of them are a second."""
    if base is None:
        return Fraction(1, 1000)
    return Fraction(base.numerator, base.denominator) if base < 1 / SLOWEST else Fraction(1, 25)


class Clock:
    """Turns time stamps into ticks of film time.

    time_base : s per tick
    step      : ticks from one frame to the next, where no stamp tells
    first     : stamp of film time 0; None takes that of the first frame seen
    promised  : the stamp at which the film ends, as its container (no guess) tells it, or None
    leaps     : the container is of a kind whose clock may leap ahead (MPEG transport and program streams)
    """

    def __init__(
        self, time_base: Fraction, step: int, *, first: int | None = None, promised: int | None = None,
        leaps: bool = False,
    ) -> None:  # fmt: skip
        self.time_base = time_base
        self.step = max(1, step)
        self.first = first
        self.shift = 0
        """Ticks by which the current part of the film is moved: not 0 once the clock has restarted or leapt."""
        self._promised, self._leaps = promised, leaps
        self._last: int | None = None
        self._gap = 0  # ticks between the last two frames
        self._back = self._of(BACK)
        self._ahead = max(self._of(AHEAD), 3 * self.step)

    def ticks(
        self,
        stamp: int | None,
        coming: Callable[[], Iterable[int]] = tuple,
        attested: Callable[[int, int], bool | None] = lambda a, b: None,
    ) -> int:
        """Film time of the next frame shown, in ticks; greater than that of the frame before.

        `coming` gives the stamps that follow, in any order that is nearly that of showing, as far as known; `attested`
        tells whether another track goes on between two stamps, None where there is none that could. Both are asked
        only about a stamp that is out of line.
        """
        last = self._last
        if last is None:
            now = 0 if stamp is None else self._begun(stamp, coming)
        elif stamp is None or self.first is None:
            now = last + self.step
        else:
            now = self.place(stamp)
            gap = now - last
            if gap > self._ahead or gap < -self._back:
                now = self._judged(now, last, [self.place(other) for other in coming()], attested)
            now = max(now, last + 1)
            self._gap = now - last
        self._last = now
        return now

    def begin(self) -> None:
        """The next frame is the first of the film, whatever its own stamp."""
        self._last = -self.step

    @property
    def begun(self) -> bool:
        return self._last is not None

    def place(self, stamp: int) -> int:
        """Film time of a stamp in the current part of the film, in ticks; not in line with anything."""
        return stamp - (self.first or 0) + self.shift

    def seconds(self, ticks: int) -> float:
        return ticks * self.time_base.numerator / self.time_base.denominator

    def _begun(self, stamp: int, coming: Callable[[], Iterable[int]]) -> int:
        """Film time of the first frame. Its own stamp may be the bad one: then it comes a step before the next."""
        following = min(itertools.islice(coming(), FEW), default=stamp)
        if following < stamp - self._back:
            stamp = following - self.step
        if self.first is None:
            self.first = stamp
        return stamp - self.first

    def _of(self, seconds: float) -> int:
        return round(seconds / self.time_base)

    def _judged(self, now: int, last: int, coming: list[int], attested: Callable[[int, int], bool | None]) -> int:
        """Film time of a frame that is out of line. `coming` is in film time too, as matters stand."""
        expected = last + self.step
        if now > last:
            if any(last < other < now for other in coming):
                return expected
            if self._stands(now, last, coming, attested):
                return now
        elif self._comes_back(now, last, coming):
            return expected
        self.shift += expected - now
        return expected

    def _comes_back(self, now: int, last: int, coming: list[int]) -> bool:
        """After a fall from `last` to `now` the stamps rise again to where they were going before.

        As steeply as they fell, but that they may be a little out of order.
        """
        highest = now
        for other in coming:
            if other > last and other - highest >= (last - now) / 2:
                return True
            highest = max(highest, other)
        return False

    def _stands(self, now: int, last: int, coming: list[int], attested: Callable[[int, int], bool | None]) -> bool:
        """The picture shown at `last` stays until `now`: the film, as far as is known, is as long as that."""
        gap = now - last
        if now > self._of(DAY) or gap > self._of(STANDS):
            return False
        if gap <= self._of(PLAIN):
            return True
        back = self.shift - (self.first or 0)
        other = attested(last - back, now - back)
        if other:
            return True
        if self._promised is not None:
            end = self.place(self._promised) + self._of(1.0)
            if last <= end:  # else the container is wrong about its length, and has nothing to say of this
                return now <= end
        # Slides stand one after another; a recording that another follows goes on as a film.
        few = coming[:FEW]
        slides = (max(few) - now if few else self._gap) > self._of(1.0) * max(1, len(few))
        return (slides or not self._leaps) and other is None and gap <= self._of(UNTOLD)

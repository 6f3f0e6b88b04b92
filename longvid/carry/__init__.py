"""Carry: what the prompt of one chunk is told of the others, apart from how the answers are merged.

`Carry` says how, `read_cast` reads the entities that the user names, and `Carrier` asks every chunk accordingly. What
is told is bounded, told as continuity and never as a roster, and never part of a question that a strategy words itself.
"""

from longvid.carry.asking import Carrier
from longvid.carry.castfile import read_cast
from longvid.carry.settings import NO_CARRY, Carry, Known, Way

__all__ = ["NO_CARRY", "Carrier", "Carry", "Known", "Way", "read_cast"]

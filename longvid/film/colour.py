"""Colours of HDR and wide-gamut films as an ordinary screen, and a model that learned from such, would have them.

Takes 16-bit RGB and what the film says of it: transfer and primaries, by ITU-T H.273. Gives 8-bit sRGB (the primaries
of BT.709). The light of a frame (the transfer's curve backwards; for HLG on a display of 1000 cd/m2, BT.2100) is put
in terms of reference white, 203 cd/m2 (BT.2408); what is brighter is squeezed into the top of the range, everything
else keeps its brightness. Knows no frames, files or sizes.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

BT709, BT2020, DISPLAY_P3 = 1, 9, 12  # primaries
UNSPECIFIED: Final = 2
PQ, HLG = 16, 18  # transfers
SDR = frozenset({1, 6, 7, 13, 14, 15})  # transfers of ordinary films: BT.709, BT.601, 240M, sRGB, BT.2020 twice

WHITE = 203.0  # cd/m2: diffuse white, a sheet of paper in the scene
PEAK = 1000.0  # cd/m2: brighter highlights are clipped; what nearly all films are made for at most
KNEE = 0.75  # of white: brightness is kept up to here
LUMA = (0.2627, 0.6780, 0.0593)  # BT.2020

TO_709 = {
    BT2020: ((1.660491, -0.587641, -0.072850), (-0.124550, 1.132900, -0.008349), (-0.018151, -0.100579, 1.118730)),
    DISPLAY_P3: ((1.224940, -0.224940, 0.0), (-0.042057, 1.042057, 0.0), (-0.019638, -0.078636, 1.098274)),
}
"""Linear RGB of other primaries -> linear RGB of BT.709; the white is D65 everywhere."""

WHITE_CODE = 255 << 8  # libav's scaler gives this for full range in 16 bits
INPUT_BITS = 12  # of the table for light; HDR films have 10 or 12
GAINS = 1 << 12  # steps of the table for tone mapping
OUTPUT_STEPS = 1 << 14  # of the table for sRGB: a step in the dark is a quarter of a code


def needs_mapping(transfer: int, primaries: int) -> bool:
    """Whether RGB of this transfer and these primaries looks wrong if it is taken for an ordinary film's.

    False where the transfer is not known: nothing can be done then.
    """
    return transfer in (PQ, HLG) or (transfer in SDR and primaries in TO_709)


def told(transfer: int, primaries: int) -> str | None:
    """What is done, or cannot be, about colours that are not an ordinary film's."""
    if transfer in (PQ, HLG):
        name = "PQ" if transfer == PQ else "HLG"
        return f"HDR ({name}) is tone-mapped: what is brighter than white paper is squeezed or clipped"
    if needs_mapping(transfer, primaries):
        return "colours beyond those of an ordinary screen are clipped"
    if primaries in TO_709:
        return "its colours are a wide gamut's, with a transfer that is not told; left as they are, they may look pale"
    return None


def mapped(picture: NDArray[np.uint16], transfer: int, primaries: int) -> NDArray[np.uint8]:
    """uint16 RGB (H, W, 3) of a film for which `needs_mapping` -> uint8 sRGB (H, W, 3).

    HDR without primaries has those of BT.2020.
    """
    if transfer in (PQ, HLG) and primaries == UNSPECIFIED:
        primaries = BT2020
    light = _light(transfer)[picture >> (16 - INPUT_BITS)]
    if transfer == HLG:
        luma = np.maximum(light @ np.array(LUMA, np.float32), 1e-6)
        light *= (luma**0.2 * np.float32(PEAK / WHITE))[..., None]
    if transfer in (PQ, HLG):
        # The largest channel decides for all three, so hues stay.
        brightest = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
        brightest *= GAINS / (PEAK / WHITE)
        light *= _gain()[np.minimum(brightest, GAINS).astype(np.uint16)][..., None]
    if primaries in TO_709:
        light = light @ np.array(TO_709[primaries], np.float32).T
    light *= OUTPUT_STEPS - 1
    light += 0.5
    np.clip(light, 0, OUTPUT_STEPS - 1, out=light)
    shown: NDArray[np.uint8] = _srgb()[light.astype(np.uint16)]
    return shown


@cache
def _gain() -> NDArray[np.float32]:
    """float32 [GAINS + 1]: by what to multiply light of 0 to PEAK, so that it lies in 0 to 1."""
    light = np.linspace(0, PEAK / WHITE, GAINS + 1)
    peak = (PEAK / WHITE - KNEE) / (1 - KNEE)
    over = np.maximum(light - KNEE, 0) / (1 - KNEE)
    # Reinhard's curve for a given peak, its slope 1 at the knee.
    squeezed = KNEE + (1 - KNEE) * over * (1 + over / peak**2) / (1 + over)
    return np.where(light > KNEE, squeezed / np.maximum(light, KNEE), 1).astype(np.float32)


@cache
def _light(transfer: int) -> NDArray[np.float32]:
    """float32 [2**INPUT_BITS]: light by code, white being 1; for HLG the scene's light, 1 at most."""
    code = np.minimum(np.arange(1 << INPUT_BITS) / (WHITE_CODE >> (16 - INPUT_BITS)), 1)
    if transfer == PQ:  # SMPTE ST 2084
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        root = code ** (1 / m2)
        light = 10000 / WHITE * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    elif transfer == HLG:  # ARIB STD-B67
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    else:
        # The same curve as on the way back, so that a gray stays what it is.
        light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


@cache
def _srgb() -> NDArray[np.uint8]:
    """uint8 [OUTPUT_STEPS]: sRGB by light, 0 to 1."""
    light = np.linspace(0, 1, OUTPUT_STEPS)
    code = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(code * 255).astype(np.uint8)

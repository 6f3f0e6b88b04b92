"""Passages near to a question in meaning, by vectors of the user's own small model (`longvid.engine.embedding`).

Vectors are kept in the run folder, so what was computed once for a film, or for a question, is not computed again.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING

from longvid.run import Store, key_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from longvid.engine.embedding import Embedder

VERSION = 1
"""Raise it when the same texts would be kept as other vectors."""


def nearest(question: str, texts: Sequence[str], embedder: Embedder, store: Store) -> list[int]:
    """Indices of `texts`, the nearest in meaning to `question` first. Raises ModelError where the model fails."""
    import numpy as np

    if not texts:
        return []
    passages, asked = _vectors(texts, embedder, store), _vectors([question], embedder, store)
    if passages.shape[1] != asked.shape[1]:
        return []  # kept by somebody else
    near = passages.astype(np.float32) @ asked[0].astype(np.float32)
    return [int(index) for index in np.argsort(-near, kind="stable")]


def _vectors(texts: Sequence[str], embedder: Embedder, store: Store) -> NDArray[np.float16]:
    """float16 [texts, width], from the store or computed and kept there."""
    import numpy as np

    key = "v" + key_of({"v": VERSION, "embed": dict(embedder.identity), "texts": list(texts)})
    try:
        found = np.frombuffer(base64.b64decode(store.text(key), validate=True), dtype="<f2")
        if len(found) and len(found) % len(texts) == 0 and np.isfinite(found).all():
            return found.reshape(len(texts), -1)
    except (KeyError, ValueError, binascii.Error):
        pass  # not there, or not ours
    made = np.asarray(embedder(texts), dtype="<f2")
    store.keep(base64.b64encode(made.tobytes()).decode(), key)
    return made

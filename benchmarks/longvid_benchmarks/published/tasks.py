"""The twenty tasks of MVBench: their files, their folders of videos, and the nine classes that they belong to.

Folders are those of the data set as its authors give it away, and those that lmms-eval 0.7.3 makes of it, where the
clips of three data sets are cut already. Knows no question and no model.
"""

from __future__ import annotations

from dataclasses import dataclass

CLASSES = ("Action", "Object", "Position", "Scene", "Count", "Attribute", "Pose", "Character", "Cognition")
"""Of tasks, in MVBench's order."""


@dataclass(frozen=True, slots=True)
class Task:
    """One of the twenty."""

    short: str
    """Two letters, as the published tables have it."""
    name: str
    """Of its file: `json/NAME.json`."""
    kind: str
    """One of CLASSES."""
    folder: str
    """Where its videos are, from the folder of videos."""
    elsewhere: tuple[str, ...] = ()
    """Other folders in which they may be: one that ends in `_segment` holds clips that are cut already."""
    bound: bool = False
    """Its questions are of a part of the video: `start` and `end`, in seconds."""
    pictures: bool = False
    """Its videos are folders of pictures, three for each second."""

    @property
    def title(self) -> str:
        """ "Action Sequence"."""
        words = self.name.replace("fine_grained", "fine-grained").split("_")
        return " ".join(word[0].upper() + word[1:] for word in words)

    @property
    def folders(self) -> tuple[str, ...]:
        return (self.folder, *self.elsewhere)


_STAR = ("star/Charades_v1_480", ("star/Charades_segment",), True)
_CLEVRER = "clevrer/video_validation"
_PERCEPTION = "perception/videos"

TASKS = (
    Task("AS", "action_sequence", "Action", *_STAR),
    Task("AP", "action_prediction", "Action", *_STAR),
    Task("AA", "action_antonym", "Action", "ssv2_video", ("ssv2_video_mp4",)),
    Task("FA", "fine_grained_action", "Action", "Moments_in_Time_Raw/videos"),
    Task("UA", "unexpected_action", "Action", "FunQA_test/test"),
    Task("OE", "object_existence", "Object", _CLEVRER),
    Task("OI", "object_interaction", "Object", *_STAR),
    Task("OS", "object_shuffle", "Object", _PERCEPTION),
    Task("MD", "moving_direction", "Position", _CLEVRER),
    Task("AL", "action_localization", "Position", "sta/sta_video", ("sta/sta_video_segment",), bound=True),
    Task("ST", "scene_transition", "Scene", "scene_qa/video"),
    Task("AC", "action_count", "Count", _PERCEPTION),
    Task("MC", "moving_count", "Count", _CLEVRER),
    Task("MA", "moving_attribute", "Attribute", _CLEVRER),
    Task("SC", "state_change", "Attribute", _PERCEPTION),
    Task("FP", "fine_grained_pose", "Pose", "nturgbd", ("nturgbd_convert",)),
    Task("CO", "character_order", "Character", _PERCEPTION),
    Task("EN", "egocentric_navigation", "Cognition", "vlnqa"),
    Task(
        "ER",
        "episodic_reasoning",
        "Cognition",
        "tvqa/frames_fps3_hq",
        ("tvqa/video_fps3_hq_segment",),
        bound=True,
        pictures=True,
    ),
    Task("CI", "counterfactual_inference", "Cognition", _CLEVRER),
)
"""In MVBench's order."""

STILLS = tuple(
    Task(f"S{at + 1}", f"still_{name}", kind, f"still/{name}")
    for at, (kind, name) in enumerate(
        zip(
            CLASSES,
            ("action", "object", "position", "scene", "count", "attribute", "pose", "text", "cognition"),
            strict=True,
        )
    )
)
"""None of MVBench's: a question of each class that one frame answers, about generated films, as a control."""

BY_SHORT = {task.short: task for task in (*TASKS, *STILLS)}

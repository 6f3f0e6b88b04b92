"""What is said as text: it comes apart as it was put together, whatever anybody says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.captions.spoken import Weight, apart, description, has_dialogue, marked, quoted, said, statements
from longvid.film import Cue

HELLO = Cue(1.0, 2.0, "Meet me at the pier.", "Anna")
SLAM = Cue(2.0, 3.0, "a door slams", None, "sound")
SONG = Cue(3.0, 4.0, "La la, my love", None, "song")
SEEN = "A man in a grey coat shuts the case. He looks up."


def test_cues_stand_in_quotes_with_who_says_them_and_sounds_in_brackets() -> None:
    duet = Cue(3.0, 4.0, "La la", "Ben", "song")
    assert said([HELLO, SLAM, SONG, duet]) == (
        'Said: "Meet me at the pier." (Anna) [a door slams] "La la, my love" (sung) "La la" (Ben; sung)'
    )
    assert said([]) == ""


def test_a_text_comes_apart_as_it_was_put_together() -> None:
    text = f"{SEEN} {said([HELLO, SLAM, SONG])}"
    assert statements(text) == [
        "A man in a grey coat shuts the case.",
        "He looks up.",
        '"Meet me at the pier." (Anna)',
        "[a door slams]",
        '"La la, my love" (sung)',
    ]
    assert description(text) == SEEN
    assert description(said([HELLO])) == ""
    assert [marked(one) for one in statements(text)[-3:]] == [
        'Said: "Meet me at the pier." (Anna)', "Said: [a door slams]", 'Said: "La la, my love" (sung)',
    ]  # fmt: skip
    assert marked("He looks up.") == "He looks up."


@pytest.mark.parametrize(
    "seen",
    [
        'He holds up a sign. Said: "Buy!" and then he leaves. A dog barks.',
        'The sign has "Said: [x]" on it.',
        "Nobody said: [he waits].",
        'Said: "Buy." It is a shop.',
        "Said: nothing at all.",
        "Said: ",
    ],
)
def test_a_caption_that_speaks_of_what_is_said_is_no_dialogue(seen: str) -> None:
    assert not has_dialogue(seen)
    assert description(seen) == seen
    both = f"{seen} {said([HELLO])}"
    assert apart(both) == (seen.strip(), ['"Meet me at the pier." (Anna)'])


@given(
    seen=st.text(max_size=60),
    cues=st.lists(
        st.builds(
            Cue,
            st.just(1.0),
            st.just(2.0),
            st.text(min_size=1, max_size=40) | st.sampled_from(['"', "Said: ", '" (x) "', "[a] [b", 'a"\nSaid: "b']),
            st.none() | st.text(max_size=10) | st.sampled_from(['A) "b" (', "Said: "]),
            st.sampled_from(["speech", "sound", "song"]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_nobody_who_speaks_can_break_out_of_a_cue(seen: str, cues: list[Cue]) -> None:
    found = statements(f"{seen} {said(cues)}".strip())
    assert found[-len(cues) :] == [quoted(cue) for cue in cues], "every cue whole, and no more of them"
    assert all("\n" not in one for one in found[-len(cues) :])


@pytest.mark.parametrize(
    "text", ['Said: "' * 2000, 'Said: "a" ' * 2000, "Said: [" * 2000, 'Said: "a"' + " " * 8000 + "x", '"a" (' * 2000]
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    begin = time.process_time()
    statements(text)
    assert time.process_time() - begin < 1


def test_names_questions_and_promises_weigh_more_than_what_anybody_says() -> None:
    talk = [
        "Yes.",
        "Come on.",
        "Yes.",
        "Did Brody see it?",
        "Did you see Brody?",
        "I will kill him tomorrow.",
        "Well, Brody.",
        "Come on.",
        "Yes.",
    ]
    weigh = Weight([Cue(0.0, 1.0, text) for text in talk])
    worth = {text: weigh(Cue(0.0, 1.0, text)) for text in talk}
    fillers = max(worth["Yes."], worth["Come on."])
    assert all(worth[text] > fillers + 1 for text in talk[3:7])

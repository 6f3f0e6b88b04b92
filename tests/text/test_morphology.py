"""Forms of common English verbs and nouns, as the ledger says them and as captions are read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from longvid.narrative import verbs
from longvid.text.morphology import is_finite, is_word, past_participle, plural, simple_past, singular, third_person

VERBS = """
walk walks walked walked; open opens opened opened; enter enters entered entered; push pushes pushed pushed
watch watches watched watched; fix fixes fixed fixed; kiss kisses kissed kissed; hide hides hid hidden
free frees freed freed; agree agrees agreed agreed; guarantee guarantees guaranteed guaranteed; flee flees fled fled
see sees saw seen; unplug unplugs unplugged unplugged; drop drops dropped dropped; grab grabs grabbed grabbed
stop stops stopped stopped; plan plans planned planned; rob robs robbed robbed; drag drags dragged dragged
slip slips slipped slipped; admit admits admitted admitted; refer refers referred referred; slam slams slammed slammed
commit commits committed committed; visit visits visited visited; panic panics panicked panicked
carry carries carried carried; bury buries buried buried; try tries tried tried; deny denies denied denied
stay stays stayed stayed; play plays played played; destroy destroys destroyed destroyed; tie ties tied tied
untie unties untied untied; die dies died died; dye dyes dyed dyed; eye eyes eyed eyed; lie lies lied lied
give gives gave given; take takes took taken; steal steals stole stolen; break breaks broke broken
find finds found found; bring brings brought brought; catch catches caught caught; buy buys bought bought
throw throws threw thrown; tear tears tore torn; wear wears wore worn; swear swears swore sworn
bind binds bound bound; light lights lit lit; wake wakes woke woken; choose chooses chose chosen
forget forgets forgot forgotten; freeze freezes froze frozen; draw draws drew drawn; grow grows grew grown
bite bites bit bitten; build builds built built; dig digs dug dug; sell sells sold sold; lend lends lent lent
hit hits hit hit; put puts put put; cut cuts cut cut; shut shuts shut shut; go goes went gone; do does did done
have has had had; be is was been; hang hangs hung hung; lay lays laid laid; lead leads led led
hand_over hands_over handed_over handed_over; give_up gives_up gave_up given_up; put_out puts_out put_out put_out
"""


@pytest.mark.parametrize("row", [row.split() for row in VERBS.replace("\n", ";").split(";") if row.strip()])
def test_forms_of_verbs(row: list[str]) -> None:
    base, third, past, participle = (word.replace("_", " ") for word in row)
    assert (third_person(base), simple_past(base), past_participle(base)) == (third, past, participle)


@pytest.mark.parametrize(
    ("form", "base"),
    [
        ("freed", "free"), ("freeing", "free"), ("unplugged", "unplug"), ("stopping", "stop"), ("stole", "steal"),
        ("hidden", "hide"), ("carries", "carry"), ("tying", "tie"), ("were", "be"), ("am", "be"), ("has", "have"),
    ],
)  # fmt: skip
def test_a_known_verb_is_found_by_all_its_forms(form: str, base: str) -> None:
    assert verbs.lemma(form) == verbs.guess(form) == base


@pytest.mark.parametrize(
    ("form", "base"), [("squeezes", "squeeze"), ("trudges", "trudge"), ("hurried", "hurry"), ("wrung", "wring")]
)
def test_a_verb_that_no_table_has_gets_its_base_form(form: str, base: str) -> None:
    assert verbs.lemma(form) is None
    assert verbs.guess(form) == base


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("coin", "coins"), ("box", "boxes"), ("city", "cities"), ("boy", "boys"), ("knife", "knives"), ("man", "men"),
        ("woman", "women"), ("child", "children"), ("foot", "feet"), ("mouse", "mice"), ("thief", "thieves"),
        ("witness", "witnesses"), ("sheep", "sheep"), ("policeman", "policemen"),
    ],
)  # fmt: skip
def test_forms_of_nouns(one: str, many: str) -> None:
    assert (plural(one), singular(many), singular(one)) == (many, one, one)


def test_names_are_no_words_and_only_verbs_with_an_ending_are_finite() -> None:
    assert [is_word(word) for word in ("Gandalf", "Ebenezer", "Nobody", "lantern")] == [False, False, True, True]
    assert [is_finite(word) for word in ("walks", "ran", "is", "walk", "walking", "table")] == [True] * 3 + [False] * 3


def test_the_lexicon_is_read_only_when_a_form_is_asked_for() -> None:
    code = "import sys, longvid.strategy, longvid.cli.main; assert 'lemminflect' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

"""What a server complains of: by its fields first, and never by one stray word."""

from __future__ import annotations

from typing import Any

import pytest

from longvid.engine.servers.complaints import Complaint, complaint_of, read_complaint
from longvid.engine.servers.wording import Wording

TOO_LARGE = {
    "message": "max_tokens is too large: 900. This model supports at most 800 completion tokens.",
    "param": "max_tokens",
    "code": "invalid_value",
}
EXTRA = [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 7}]


def error(message: str, **fields: Any) -> Complaint:
    return complaint_of({"message": message} | fields)


@pytest.mark.parametrize(
    ("complaint", "withholds"),
    [
        (error("no", code="content_filter"), True),
        (error("no", innererror={"code": "ResponsibleAIPolicyViolation"}), True),
        (error("Your input was flagged by the moderation system."), True),
        (error("The prompt triggered the content management policy", param="prompt"), True),
        (error("Unsupported parameter: 'safety_identifier'", param="safety_identifier"), False),
        (error("Unknown field safety_settings is rejected", param="safety_settings"), False),
        (error("A safety car crosses the square: no such model"), False),
        (error("See https://example.org/moderation for more"), False),
    ],
)
def test_a_question_is_withheld_by_a_code_or_by_two_words_of_a_rule(complaint: Complaint, withholds: bool) -> None:
    assert complaint.withholds is withholds


@pytest.mark.parametrize(
    ("complaint", "pause", "spent"),
    [
        (error("no", code="insufficient_quota"), 5.0, True),
        (error("You exceeded your current quota, please check your plan and billing details."), None, True),
        (error("You exceeded your current quota, please check your plan and billing details."), 34.0, False),
        (
            error(
                "Rate limit reached on requests per min. Add a payment method at https://example.org/account/billing.",
                code="rate_limit_exceeded",
            ),
            None,
            False,
        ),
        (error("Rate limit reached. Add a payment method at https://example.org/account/billing."), None, False),
        (error("Your credit balance is too low", type="invalid_request_error"), None, True),
    ],
)
def test_an_account_is_spent_where_it_says_so_and_not_where_there_is_something_to_wait_for(
    complaint: Complaint, pause: float | None, spent: bool
) -> None:
    assert complaint.spent(pause) is spent


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"error": {"message": "no", "param": "seed"}}, "seed"),
        ({"detail": EXTRA}, "seed"),
        ({"object": "error", "message": f"{EXTRA}", "param": None, "code": 400}, "seed"),
        ({"error": {"message": "Unrecognized request argument supplied: seed"}}, "seed"),
        ({"error": {"message": "seed is not supported with this model"}}, "seed"),
        ({"error": {"message": "no", "param": "chat_template_kwargs.enable_thinking"}}, "chat_template_kwargs"),
        ({"error": {"message": "He plants a seed. The prompt is too long."}}, None),
        ({"error": {"message": "Invalid value for model: name", "param": "model"}}, None),
        ({"error": {"message": "At this temperature ice melts; context length is 4096 tokens"}}, None),
    ],
)
def test_a_field_is_refused_where_it_is_named_as_one(value: Any, field: str | None) -> None:
    complaint = read_complaint(value, b"", failed=True)
    assert complaint is not None
    assert [name for name in ("temperature", "seed", "chat_template_kwargs") if complaint.refuses(name)] == (
        [field] if field else []
    )


def test_a_limit_that_is_too_high_is_not_called_something_else_and_an_unknown_one_is() -> None:
    ways = Wording("")
    body = ways.body("m", [], 900, None)
    assert not ways.learn(complaint_of(TOO_LARGE), body)
    assert ways.learn(error("no", param="max_tokens", code="unsupported_parameter"), body)
    assert ways.body("m", [], 900, None)["max_completion_tokens"] == 900
    # What is not in the request cannot be left out of it.
    assert not ways.learn(error("seed is not supported"), ways.body("m", [], 900, None))
    assert ways.learn(error("seed is not supported"), ways.body("m", [], 900, 7))
    assert "seed" not in ways.body("m", [], 900, 7)


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        [],
        "x",
        {},
        {"error": None},
        {"error": {"code": {}, "param": [7], "innererror": 3}},
        {"error": [1]},
        [[]],
    ],
)
def test_whatever_comes_is_a_complaint_of_a_failed_call(value: Any) -> None:
    complaint = read_complaint(value, b"\xff said", failed=True)
    assert complaint is not None
    told = (complaint.withholds, complaint.spent(None), complaint.too_long, complaint.about_pictures)
    assert told == (False, False, False, False)


@pytest.mark.parametrize(
    ("said", "too_long", "pictures"),
    [
        ("This model's maximum context length is 4096 tokens.", True, False),
        ("the request exceeds the available context size", True, False),
        ("the model is not multimodal: no mmproj is loaded for images", False, True),
        ("content must be a string, image_url is not supported", False, True),
        ("The token is wrong", False, False),
        ("content is empty", False, False),
    ],
)
def test_the_remedy_is_that_of_what_is_said(said: str, too_long: bool, pictures: bool) -> None:
    complaint = Complaint(said)
    assert (complaint.too_long, complaint.about_pictures) == (too_long, pictures)


def test_a_schema_is_left_out_where_nothing_else_is_said_to_be_wrong() -> None:
    ways = Wording("vllm")
    body = ways.body("m", [], 9, None, "[a-z]+")
    assert "response_format" in body
    assert not ways.learn(error("This model's maximum context length is 4096 tokens."), body)
    assert not ways.learn(error("no", param="model"), body)
    assert ways.learn(error("bad request"), body)
    assert "response_format" not in ways.body("m", [], 9, None, "[a-z]+")

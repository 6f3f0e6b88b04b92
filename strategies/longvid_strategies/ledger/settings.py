"""Settings of the strategy `ledger`."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, Field

from longvid.strategy import StrategyConfig


class LedgerConfig(StrategyConfig):
    """Settings of `ledger`; each stage can be switched off, to measure what it is worth. Earlier names are still
    read."""

    reader: Literal["auto", "llm", "rules"] = Field(
        default="auto", description="who reads: the LLM, or rules of simple English; auto: the LLM where it can"
    )
    evidence: Literal["auto", "events", "captions"] = Field(
        default="auto", description="what events come from; auto: event lines where they can be had"
    )
    coreference: bool = Field(
        default=True,
        validation_alias=AliasChoices("coreference", "identities"),
        serialization_alias="identities",
        description="resolve who is who; without it every wording is an entity of its own",
    )
    lookahead: bool = Field(
        default=True,
        validation_alias=AliasChoices("lookahead", "future"),
        serialization_alias="future",
        description="let names and unmaskings say who was seen before",
    )
    reread: bool = Field(default=True, description="ask chunks again whose entities nobody could make out")
    reread_share: float = Field(default=0.3, ge=0, le=1, description="most chunks asked again, as a share of all")
    relations: bool = Field(
        default=True,
        validation_alias=AliasChoices("relations", "joins"),
        serialization_alias="joins",
        description="find and tell links between distant events",
    )
    check: Literal["none", "doubtful", "all"] = Field(
        default="doubtful", description="links that the LLM is asked about; those of exact names need no model"
    )
    prose: bool = Field(default=True, description="let the LLM reword the events; without it they are told plainly")
    verify: bool = Field(default=True, description="let the LLM check each passage against its events")

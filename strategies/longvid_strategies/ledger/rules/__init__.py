"""The rules of simple English: what `ledger` does without an LLM, or with one that was made for one kind of films.

Events (`extract`), who is who and what holds (`asking`), actions and links between them (`actions`, `relations`), what
is told (`choosing`) and how (`realizer`, `prose`); `graph` puts the stages together.
"""

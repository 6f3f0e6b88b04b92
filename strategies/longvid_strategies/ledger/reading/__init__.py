"""Links by reading: the language model reads, code keeps the books.

Every judgement about language (what happens, who is who, what belongs together, how to say it) is a small question to
the LLM; code owns ids, budgets, candidates, constraints, order and citations, and checks what can be checked. One stage
a module, in this order: `sources`, `cast`, `facts`, `candidates` and `links`, `choosing`, `telling`; `graph` puts them
together.
"""

"""Many films, one after another: where they are found, what came of each, and what is left to do.

`sources` and `manifest` find films, `tasks` names what is to be done with each by its content and options, `shards`
shares them out, `turns` says which is next, `work` does it, `results` keeps a row of each film, `summary` counts rows,
`forecast` says what a batch would take. Knows no command line; every film goes through `longvid.api`.
"""

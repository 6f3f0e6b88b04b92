"""MVBench's kinds of question about films whose story is known: made from seeds, checked by readers, written out."""

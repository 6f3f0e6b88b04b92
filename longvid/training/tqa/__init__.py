"""TQA: questions about when a scene changes, made of films without anybody watching them.

A captioner tells what each second shows, a language model throws out what hardly changes and writes one question and
answer about the biggest change, and rules throw out what it got wrong. After the appendix of the CogVLM2 paper.
"""

"""Requests and their answers: scheduled, guarded, stored; and the models that give them."""

"""Servers that speak the OpenAI protocol: their addresses, how they are asked, and what they say of themselves."""

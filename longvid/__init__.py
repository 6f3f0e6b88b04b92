"""longvid turns a film into text.

It cuts a long video at scene boundaries into chunks of about one minute, runs each chunk through CogVLM2-Video and
merges the answers with a LangGraph strategy. The command line is in `longvid.cli`; a strategy needs `longvid.strategy`.
"""

__version__ = "0.1.0"

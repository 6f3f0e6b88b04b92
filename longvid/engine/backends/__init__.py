"""One file a kind of model that answers requests; each implements `longvid.engine.request.Backend`."""

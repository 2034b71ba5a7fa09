"""JupyterLab on this checkout's notebooks: a server for this machine alone, what it keeps from being altered, where to begin."""

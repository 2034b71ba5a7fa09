"""Statistical assessments of the three outcomes of UNODC's CRIMJUST programme, from published figures to report."""


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # for which the command line need not wait

    return version("crimjust-research")

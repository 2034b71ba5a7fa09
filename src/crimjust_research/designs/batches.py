"""Draws and samples in batches, so that no more is held at once than memory, or what is near the processor, has room for."""

from collections.abc import Iterator


def batch_sizes(draws: int, cells: int, most: int) -> Iterator[int]:
    """`draws` in batches of which each holds at most `most` cells, `cells` to a draw."""
    batch = max(1, most // cells)
    for start in range(0, draws, batch):
        yield min(batch, draws - start)


def slices(n: int, cells: int, most: int) -> Iterator[slice]:
    """Which of `n` things are held at once, as `batch_sizes` has them."""
    start = 0
    for size in batch_sizes(n, cells, most):
        yield slice(start, start + size)
        start += size

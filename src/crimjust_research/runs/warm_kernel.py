"""Kernels forked from a process that has everything imported: a provisioner for Jupyter's kernel managers.

The kernelspec `crimjust` names it, so papermill, nbclient, nbval and JupyterLab can all use it. Each kernel is a
process of its own that shares nothing with the others. Where a process cannot be forked (Windows), or not safely
(macOS, or threads after the imports), the same kernelspec starts an ordinary kernel.
"""

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from crimjust_research.runs.warm_process import Fork, Zygote, can_fork, zygote

KERNEL = "crimjust"


class WarmProvisioner(LocalProvisioner):
    """Starts kernels as forks of the warm process, or as ordinary processes where that cannot be."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch the kernel `cmd`, `python -m ipykernel_launcher` with its arguments."""
        streams = [kwargs.get(name) for name in ("stdout", "stderr")]
        if can_fork() and subprocess.PIPE not in streams:
            warm = zygote(kwargs["env"])
            if await asyncio.to_thread(warm.is_usable):
                fork = await asyncio.to_thread(self._fork, warm, cmd, kwargs)
                self.process = fork  # type: ignore[assignment]
                self.pid = self.pgid = fork.pid
                self.cwd = kwargs.get("cwd") or Path.cwd()
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    @staticmethod
    def _fork(warm: Zygote, cmd: list[str], kwargs: dict[str, Any]) -> Fork:
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        with Path(os.devnull).open("r+b") as nowhere:

            def descriptor(stream: Any, default: int) -> int:
                if stream is None:
                    return default
                if stream == subprocess.DEVNULL:
                    return nowhere.fileno()
                return stream if isinstance(stream, int) else int(stream.fileno())

            out = descriptor(kwargs.get("stdout"), 1)
            error = out if kwargs.get("stderr") == subprocess.STDOUT else descriptor(kwargs.get("stderr"), 2)
            cwd = str(kwargs.get("cwd") or Path.cwd())
            return warm.fork(arguments, kwargs["env"], cwd, [nowhere.fileno(), out, error])

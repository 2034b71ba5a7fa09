"""What JupyterLab may do to this checkout's files, and what it tells a kernel of the results that its notebook belongs to."""

from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.sessions.sessionmanager import SessionManager
from tornado.web import HTTPError

from crimjust_research import project
from crimjust_research.evidence import plan
from crimjust_research.lab import start
from crimjust_research.results import RESULTS_VARIABLE
from crimjust_research.runs import notebooks

# Results, and figures that are checked by their hashes: to look at them must not alter them.
_KEPT = ("reports", "data/raw", "data/processed")
_VARIANTS = "reports/variants"
_FREE = "reports/interactive"


class Contents(AsyncLargeFileManager):  # type: ignore[misc]
    """Files of the checkout; those that only commands of this project write can be read, and run, but not written.

    An analysis is saved without outputs, so that to run it and save it leaves its file as it was; what a run finds lies in
    reports/interactive/. Where to begin is shown with what stands there now.
    """

    def is_writable(self, path: str) -> bool:
        return bool(super().is_writable(path)) and not self._is_kept(path)

    async def get(self, path: str, content: bool = True, **wanted: Any) -> dict[str, Any]:
        model: dict[str, Any] = await super().get(path, content=content, **wanted)
        if content and model["type"] == "notebook":
            # As JupyterLab itself would write it once a kernel has started, so that a notebook is not changed by being opened.
            model["content"]["metadata"]["language_info"] = dict(IPythonKernel.language_info)
            if path.strip("/") == start.PLACE:
                await run_sync(start.fill, model["content"])
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        self._refuse_kept(path)
        if model.get("type") == "notebook" and self._is_analysis(path):
            model["content"] = notebooks.stripped(model["content"])
        if (place := self._place(path)).is_relative_to(self._place(_FREE)):
            with self.perm_to_403(str(place.parent)):  # there is none before something was found by hand
                place.parent.mkdir(parents=True, exist_ok=True)
        saved: dict[str, Any] = await super().save(model, path)
        return saved

    async def copy(self, from_path: str, to_path: str | None = None) -> dict[str, Any]:
        into = from_path.strip("/").rpartition("/")[0] if to_path is None else to_path
        if self._is_kept(into):  # what only holds such a folder may get another beside it
            self._refuse_kept(into)
        made: dict[str, Any] = await super().copy(from_path, to_path)
        return made

    async def rename_file(self, old_path: str, new_path: str) -> None:
        self._refuse_kept(old_path, new_path)
        await super().rename_file(old_path, new_path)

    async def delete_file(self, path: str) -> None:
        self._refuse_kept(path)
        await super().delete_file(path)

    async def create_checkpoint(self, path: str) -> dict[str, Any]:
        self._refuse_kept(path)
        made: dict[str, Any] = await super().create_checkpoint(path)
        return made

    async def restore_checkpoint(self, checkpoint_id: str, path: str) -> None:
        self._refuse_kept(path)
        await super().restore_checkpoint(checkpoint_id, path)

    def _refuse_kept(self, *paths: str) -> None:
        for path in paths:
            if self._is_kept(path) or self._holds_kept(path):
                raise HTTPError(
                    403,
                    f"{path} is left as it is: only commands of crimjust write there; save it under {_FREE}/ instead",
                )

    def _is_kept(self, path: str) -> bool:
        place = self._place(path)
        return any(place.is_relative_to(kept) for kept in self._kept) and not place.is_relative_to(self._place(_FREE))

    def _holds_kept(self, path: str) -> bool:
        return any(kept.is_relative_to(self._place(path)) for kept in self._kept)

    def _is_analysis(self, path: str) -> bool:
        return self._place(path).parent == self._place("notebooks") or path.strip("/") == start.PLACE

    @property
    def _kept(self) -> list[Path]:
        return [self._place(kept) for kept in _KEPT]

    def _place(self, path: str) -> Path:
        """Where a file lies that the server calls so, whatever links lead there."""
        return Path(self._get_os_path(path.strip("/"))).resolve()


class Sessions(SessionManager):  # type: ignore[misc]
    """Kernels of notebooks; one of a variant made under somebody's own plan holds to that plan, and reads that variant."""

    def get_kernel_env(self, path: str | None, name: Any = None) -> dict[str, str]:
        environment: dict[str, str] = super().get_kernel_env(path, name)
        return environment | of_variant(Path(environment["JPY_SESSION_NAME"]).resolve())


def of_variant(notebook: Path) -> dict[str, str]:
    """What a kernel is told of the variant that an executed notebook belongs to; nothing of a notebook of another folder."""
    folder = notebook.parents[1]
    own = folder / plan.FILE
    if folder.parent != project.root() / _VARIANTS or not own.is_file():
        return {}
    return {plan.VARIABLE: str(own), RESULTS_VARIABLE: str(folder)}

"""What a node takes from its farm's messages: orders of a known make. Dask itself would run any function in them."""

from __future__ import annotations

import io
import pickle
from types import SimpleNamespace
from typing import Annotated, Any, Literal

from distributed.protocol import pickle as of_dask
from pydantic import BaseModel, ConfigDict, Field

from ..render.blender.worker_answers import Frame
from . import orders

_KNOWN = frozenset(
    {
        ("dask._task_spec", "Task"),
        ("distributed.shuffle._worker_plugin", "ShuffleWorkerPlugin"),  # Dask sends it when a worker joins
        *((orders.__name__, each.__name__) for each in (orders.carry_out, orders.end_job)),
    }
)
_JobId = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Strict = ConfigDict(strict=True, extra="ignore")


class _Package(BaseModel):
    model_config = _Strict
    sha256: _Sha256
    bytes: int = Field(ge=0)
    kind: Literal["blend", "zip"]
    name: str = Field(max_length=1024)


class _Order(BaseModel):
    """As the farm's dispatcher makes it. An analysis has no frame; one of a frame may have a part and its tiles."""

    model_config = _Strict
    kind: Literal["analysis", "frame"]
    job: _JobId
    port: int = Field(gt=0, lt=65536)
    secret: str = Field(pattern=r"^[\w-]{1,100}$")
    package: _Package
    frame: Frame = 0
    config: dict[str, Any] = Field(default_factory=dict)
    seconds: float = Field(default=0.0, gt=0, allow_inf_nan=False)
    preview: bool = False
    tellsStart: bool = False
    part: list[int] = Field(default_factory=list, min_length=2, max_length=2)
    tiles: list[_Sha256] = Field(default_factory=list, max_length=10_000)


def checked(order: Any) -> dict[str, Any]:
    """The order, with the members that the farm gave. Raises ValueError."""
    return _Order.model_validate(order).model_dump(exclude_unset=True)


def unpickle_only_orders() -> None:
    """From now on, this process unpickles nothing but orders from what Dask receives."""
    vars(of_dask)["pickle"] = SimpleNamespace(**{**vars(pickle), "loads": _loads})


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of an order")
        return super().find_class(module, name)


def _loads(data: bytes, *, buffers: Any = ()) -> Any:
    return _Unpickler(io.BytesIO(data), buffers=buffers).load()

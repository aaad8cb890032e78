"""The simulated bank as a whole: its world, its faults, and the servers that tell of it."""

from __future__ import annotations

from types import TracebackType

from pipelines.simulator.control import Control
from pipelines.simulator.faults import Faults
from pipelines.simulator.finapi_server import FinapiServer
from pipelines.simulator.finapi_state import Credentials, FinapiState
from pipelines.simulator.web import CONTROL, Answer, Request, Server
from pipelines.simulator.world import World


class SimulatedBank:
    """Both servers on one world, as a context. The first login of the world is finAPI's access to the bank.

    finapi: the running finAPI server, with the control address below ``/simulator``.
    """

    def __init__(
        self,
        world: World,
        faults: Faults | None = None,
        *,
        credentials: Credentials | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        slow_seconds: float = 30.0,
    ) -> None:
        self.world, self.faults = world, faults or Faults()
        self.state = FinapiState(world, self.faults, world.logins[0], credentials or Credentials())
        self.control = Control(world, self.faults)
        self._finapi = FinapiServer(self.state)
        self.finapi = Server(self._handle, self.faults, host=host, port=port, slow_seconds=slow_seconds)

    def _handle(self, request: Request) -> Answer:
        if request.path.startswith(CONTROL):
            return self.control.handle(request)
        return self._finapi.handle(request)

    def __enter__(self) -> SimulatedBank:
        self.finapi.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finapi.stop()

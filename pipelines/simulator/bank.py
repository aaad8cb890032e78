"""The simulated bank as a whole: its world, its faults, and the servers that tell of it."""

from __future__ import annotations

from types import TracebackType

from pipelines.simulator.control import Control
from pipelines.simulator.faults import Faults
from pipelines.simulator.finapi_server import FinapiServer
from pipelines.simulator.finapi_state import Credentials, FinapiState
from pipelines.simulator.fints_manner import Manner
from pipelines.simulator.fints_server import FintsServer
from pipelines.simulator.web import CONTROL, Answer, Request, Server
from pipelines.simulator.world import World

PRODUCT_ID = "SIMULATOR0000000000000000"


class SimulatedBank:
    """Both servers on one world, as a context. The first login of the world is finAPI's access to the bank.

    finapi: the running finAPI server, with the control address below ``/simulator``. fints: the FinTS server.
    port: finAPI's, FinTS gets the next; 0 for free ones.
    """

    def __init__(
        self,
        world: World,
        faults: Faults | None = None,
        *,
        credentials: Credentials | None = None,
        manner: Manner | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        slow_seconds: float = 30.0,
    ) -> None:
        self.world, self.faults = world, faults or Faults()
        self.manner = manner or Manner()
        self.state = FinapiState(world, self.faults, world.logins[0], credentials or Credentials())
        self.control = Control(world, self.faults)
        self._finapi = FinapiServer(self.state)
        self.finapi = Server(self._handle, self.faults, host=host, port=port, slow_seconds=slow_seconds)
        self.fints = FintsServer(
            world,
            self.faults,
            manner=self.manner,
            host=host,
            port=port + 1 if port else 0,
            slow_seconds=slow_seconds,
        )

    def secrets(self) -> dict[str, str]:
        """What the secrets of a configuration for this bank are, by the name of their file."""
        known, login = self.state.credentials, self.world.logins[0]
        return {
            "finapi-client-id": known.client_id,
            "finapi-client-secret": known.client_secret,
            "finapi-username": known.username,
            "finapi-password": known.password,
            "fints-user": login.user,
            "fints-pin": login.pin,
            "fints-product-id": PRODUCT_ID,
        }

    def _handle(self, request: Request) -> Answer:
        if request.path.startswith(CONTROL):
            return self.control.handle(request)
        return self._finapi.handle(request)

    def __enter__(self) -> SimulatedBank:
        self.finapi.start()
        self.fints.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finapi.stop()
        self.fints.stop()

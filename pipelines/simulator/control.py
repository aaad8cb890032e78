"""The simulator's own address (``/simulator``): look at it, let days pass, let faults fire. No bank has it."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.simulator.faults import KNOWN, Faults
from pipelines.simulator.web import CONTROL, Answer, Request, json_answer
from pipelines.simulator.world import Login, World


class Control:
    """What a person or a test does to the bank while kontoklar talks to it."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world, self.faults = world, faults

    def handle(self, request: Request) -> Answer:
        """GET tells how it stands; POST changes something and tells as well."""
        what, given = request.path.removeprefix(CONTROL).strip("/"), request.json()
        if request.body and not given and request.body.strip() != b"{}":
            # A day passed by a mistyped request could not be taken back.
            return json_answer({"error": 'the body is no JSON object, such as {"days": 1}; nothing was done'}, 400)
        try:
            with self.world.lock:
                if request.method == "POST":
                    self._change(what, given)
                elif request.method == "DELETE" and what == "faults":
                    self.faults.disarm(str(given.get("name", "")))
                elif what:
                    return json_answer({"error": f"GET {CONTROL} shows everything"}, 404)
                return json_answer(self.status())
        except (ValueError, TypeError) as wrong:
            return json_answer({"error": str(wrong)}, 400)

    def _change(self, what: str, given: dict[str, Any]) -> None:
        if what == "day":
            if "to" in given:
                self.world.set_today(date.fromisoformat(str(given["to"])))
            else:
                self.world.advance(int(given.get("days", 1)))
        elif what == "faults":
            self.faults.ask(str(given.get("ask", "")))
        elif what == "consent":
            # Without a day: it has ended.
            until = date.fromisoformat(str(given["until"])) if given.get("until") else date(2000, 1, 1)
            for login in self._logins(given):
                login.consent_until = until
        elif what == "unlock":
            for login in self._logins(given):
                login.locked, login.wrong_pins = False, 0
        else:
            raise ValueError("there are day, faults, consent and unlock")

    def _logins(self, given: dict[str, Any]) -> list[Login]:
        wanted = given.get("user")
        return [login for login in self.world.logins if wanted in (None, login.user)]

    def status(self) -> dict[str, Any]:
        """How the bank stands; accounts by their number among the bank's accounts, nothing of what is on them."""
        return {
            "today": self.world.today.isoformat(),
            "accounts": len(self.world.accounts),
            "bookings": sum(len(self.world.booked(account.iban)) for account in self.world.accounts),
            "logins": [
                {
                    "locked": login.locked,
                    "consent_until": login.consent_until.isoformat() if login.consent_until else None,
                }
                for login in self.world.logins
            ],
            "armed": sorted(name for name in self.faults.plans if self.faults.armed(name)),
            "fired": dict(self.faults.fired),
            "faults": KNOWN,
        }
